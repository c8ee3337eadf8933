import MeshCore
import Schemas

extension MethodRoute {
    /// Checks the data of a call; the error names the path of what is wrong.
    func check(arguments: [UInt8]) throws(MeshError) {
        guard !arguments.isEmpty else {
            throw MeshError(
                .invalidRequest, "the body is empty; send the arguments of \(name) as a JSON object, such as {}")
        }
        try argumentShape.check(arguments, of: name)
    }

    /// The key where the method's rule finds one.
    func key(ofArguments arguments: [UInt8]) throws(MeshError) -> String? {
        guard let path = schema.keyPath else { return nil }
        return try Payloads.key(path, in: arguments, of: name)
    }

    /// The key of a call: by the method's rule, else what the caller gave. Nil leaves it to the call's id.
    ///
    /// Of a signal or a query it is the id of a workflow that is there already, so it can't be left out.
    func key(ofArguments arguments: [UInt8], given: String?) throws(MeshError) -> String? {
        let ruled = try key(ofArguments: arguments)
        guard schema.role != .handler else { return ruled ?? given }
        if let ruled, let given, ruled != given {
            throw MeshError(
                .invalidRequest,
                "\(name) is for the workflow '\(ruled.shortened)' by its arguments, and Mesh-Key says '\(given.shortened)'; leave one out"
            )
        }
        if let key = ruled ?? given { return key }
        guard schema.role == .workflow else {
            throw MeshError(
                .invalidRequest,
                "\(name) is a \(schema.role.rawValue) of a workflow: send the workflow's id as Mesh-Key")
        }
        return nil
    }
}

extension EventRoute.Declaration {
    /// Checks an event's data; the error names the path of what is wrong.
    func check(payload: [UInt8]) throws(MeshError) { try payloadShape.check(payload, of: event.name) }

    /// The event's key, where its declaration names a field.
    func key(ofPayload payload: [UInt8]) throws(MeshError) -> String? {
        guard let path = event.keyPath else { return nil }
        return try Payloads.key(path, in: payload, of: event.name)
    }
}

/// What calls and events have in common as data.
enum Payloads {
    /// The most bytes of a key; it is a Kafka record's key and the primary key of state.
    static let maximumKeyBytes = MessageKey.maximumBytes

    static func key(_ path: [String], in data: [UInt8], of name: String) throws(MeshError) -> String? {
        guard let key = JSONScanner.keyText(of: path, in: data) else { return nil }
        guard !key.utf8.contains(0) else {
            throw MeshError(
                .invalidRequest, "\(path.joined(separator: ".")) is the key of \(name) and has a zero byte (\\u0000)")
        }
        guard (1...maximumKeyBytes).contains(key.utf8.count) else {
            throw MeshError(
                .invalidRequest,
                "\(path.joined(separator: ".")) is the key of \(name) and has \(key.utf8.count) bytes: a key has 1 to \(maximumKeyBytes)"
            )
        }
        return key
    }
}

extension ValueShape {
    /// Checks data, and says it as the mesh's error.
    func check(_ data: [UInt8], of name: String) throws(MeshError) {
        do {
            try validate(data)
        } catch {
            throw MeshError(
                .invalidRequest, "\(name): \(error)",
                details: JSONWriter.object { writer in
                    writer.member("path", error.path)
                    writer.member("rule", error.rule.rawValue)
                    if let value = error.value { writer.member("value", value) }
                    writer.member("offset", error.offset)
                })
        }
    }
}
