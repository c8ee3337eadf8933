package import MeshCore

/// Reads the CloudEvents HTTP binding (CloudEvents 1.0): binary, structured and batched mode.
package enum CloudEventReader {
    /// The most events of one batch.
    package static let maximumBatch = 1000

    /// The events of a request in the order they stand in; `header` looks a field up by its name in any case.
    package static func read(
        body: [UInt8], now: Timestamp = .now, header: (String) -> String?
    ) throws(MeshError) -> [CloudEvent] {
        let contentType = header("Content-Type").map { MediaType($0) }
        switch contentType?.name {
        case "application/cloudevents+json": return [try structured(body, now)]
        case "application/cloudevents-batch+json": return try batch(body, now)
        case let name? where name.hasPrefix("application/cloudevents"):
            throw MeshError(
                .invalidRequest, "event format '\(name.shortened)' isn't spoken here; send application/cloudevents+json"
            )
        default: return [try binary(body, now, header)]
        }
    }

    /// Refuses a request of a content type that no mode has, as HTTP has it (415), before its body is looked at.
    package static func requireSpoken(_ contentType: String?) throws(ConnectError) {
        guard let contentType else { return }
        let media = MediaType(contentType)
        let isSpoken =
            formats.contains(media.name) || !media.name.hasPrefix("application/cloudevents") && media.isJSONData
        guard !isSpoken else { return }
        throw ConnectError(
            MeshError(
                .invalidRequest,
                "content type '\(contentType.shortened)' isn't spoken here; send application/json with ce- headers, or \(formats[0])"
            ),
            status: 415, headers: [HeaderField("Accept-Post", (["application/json"] + formats).joined(separator: ", "))]
        )
    }

    private static let formats = ["application/cloudevents+json", "application/cloudevents-batch+json"]

    private static func binary(
        _ body: [UInt8], _ now: Timestamp, _ header: (String) -> String?
    ) throws(MeshError) -> CloudEvent {
        var attributes = CloudEventAttributes()
        for name in ["specversion", "id", "source", "type", "time", "traceparent", "subject"] {
            guard let value = header("ce-" + name) else { continue }
            guard let decoded = percentDecoded(unquoted(value)) else {
                throw MeshError(.invalidRequest, "the header ce-\(name) isn't UTF-8 in percent-encoding")
            }
            attributes.set(name, decoded)
        }
        if attributes.traceparent == nil { attributes.traceparent = header("traceparent") }
        // Clients that were given an object send none (CloudEvents' own for Python, for one); the data is checked whatever it is called.
        attributes.contentType = header("Content-Type") ?? "application/json"
        return try attributes.event(data: body.isEmpty ? nil : body, now: now)
    }

    private static func structured(_ body: [UInt8], _ now: Timestamp) throws(MeshError) -> CloudEvent {
        do {
            var cursor = try JSONCursor(body)
            let (attributes, data) = try members(&cursor)
            try cursor.end()
            return try attributes.event(data: try data?.bytes(), now: now)
        } catch let failure as JSONCursor.Failure {
            throw MeshError(.invalidRequest, "the event isn't JSON in CloudEvents' form: \(failure)")
        } catch let error as MeshError {
            throw error
        } catch {
            throw MeshError(.internalError, "\(error)")
        }
    }

    private static func batch(_ body: [UInt8], _ now: Timestamp) throws(MeshError) -> [CloudEvent] {
        var parts: [(CloudEventAttributes, Payload?)] = []
        do {
            var cursor = try JSONCursor(body)
            try cursor.array { (_, cursor) throws(JSONCursor.Failure) in
                guard parts.count < maximumBatch else {
                    throw JSONCursor.Failure(
                        message: "the batch has more than \(maximumBatch) events", offset: cursor.offset)
                }
                parts.append(try members(&cursor))
            }
            try cursor.end()
        } catch {
            throw MeshError(.invalidRequest, "the batch isn't a JSON array of events in CloudEvents' form: \(error)")
        }
        var events: [CloudEvent] = []
        for (index, (attributes, payload)) in parts.enumerated() {
            do {
                events.append(try attributes.event(data: try payload?.bytes(), now: now))
            } catch {
                throw MeshError(error.code, "event \(index) of the batch: \(error.message)")
            }
        }
        return events
    }

    /// What stands as an event's data: JSON itself, or JSON text in base64.
    private enum Payload {
        case json([UInt8])
        case base64(String)

        func bytes() throws(MeshError) -> [UInt8] {
            switch self {
            case .json(let bytes): return bytes
            case .base64(let text):
                guard let bytes = Base64.decode(text.utf8) else {
                    throw MeshError(.invalidRequest, "data_base64 isn't base64")
                }
                return bytes
            }
        }
    }

    private static func members(
        _ cursor: inout JSONCursor
    ) throws(JSONCursor.Failure) -> (CloudEventAttributes, Payload?) {
        var attributes = CloudEventAttributes()
        var payload: Payload?
        try cursor.object { (name, cursor) throws(JSONCursor.Failure) in
            let value = cursor.peek()
            switch name {
            case "data", "data_base64":
                guard payload == nil else {
                    throw JSONCursor.Failure(
                        message: "`data` and `data_base64` exclude each other", offset: cursor.offset)
                }
                payload =
                    name == "data"
                    ? .json(Array(cursor.bytes[try cursor.value()])) : .base64(try cursor.string())
            default:
                if value == UInt8(ascii: "\"") {
                    attributes.set(name, try cursor.string())
                } else {
                    guard value == UInt8(ascii: "n") || !CloudEventAttributes.names.contains(name) else {
                        throw JSONCursor.Failure(
                            message: "the attribute `\(name)` is a string in CloudEvents", offset: cursor.offset)
                    }
                    // Null is as good as absent; extensions may be numbers and booleans, none of which has a place in the mesh.
                    _ = try cursor.value()
                }
            }
        }
        return (attributes, payload)
    }

    /// `"a \"b\""` → `a "b"`: a quoted string of HTTP, which the binding has unescaped before percent-decoding (§3.1.3.2).
    private static func unquoted(_ text: String) -> String {
        let characters = text.unicodeScalars
        guard characters.count >= 2, characters.first == "\"", characters.last == "\"" else { return text }
        var result = String.UnicodeScalarView()
        var isEscaped = false
        for character in characters.dropFirst().dropLast() {
            isEscaped = character == "\\" && !isEscaped
            if !isEscaped { result.append(character) }
        }
        return String(result)
    }

    /// `%C3%A9` → `é` (HTTP binding §3.1.3.2); nil where the result isn't UTF-8.
    private static func percentDecoded(_ text: String) -> String? {
        // What the server has put in the place of bytes that aren't UTF-8: of two ids one would be left.
        guard !text.unicodeScalars.contains("\u{FFFD}") else { return nil }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            if byte == UInt8(ascii: "%"), digits.count == 2 {
                bytes.append(UInt8(digits[0] << 4 | digits[1]))
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
