import MeshCore

/// The attributes of one event while they are read, of either mode.
struct CloudEventAttributes {
    /// Those that the mesh reads, by their CloudEvents names.
    static let names: Set = [
        "specversion", "id", "source", "type", "time", "datacontenttype", "traceparent", "subject",
    ]

    var specificationVersion: String?
    var id: String?
    var source: String?
    var type: String?
    var time: String?
    var contentType: String?
    var traceparent: String?
    var subject: String?

    /// Takes in an attribute by its CloudEvents name; the others (`dataschema`, extensions) have no place in the mesh.
    mutating func set(_ name: String, _ value: String) {
        switch name {
        case "specversion": specificationVersion = value
        case "id": id = value
        case "source": source = value
        case "type": type = value
        case "time": time = value
        case "datacontenttype": contentType = value
        case "traceparent": traceparent = value
        case "subject": subject = value
        default: break
        }
    }

    /// The event, where all that must be there is there; the error names the attribute.
    func event(data: [UInt8]?, now: Timestamp) throws(MeshError) -> CloudEvent {
        let version = try required("specversion", specificationVersion)
        guard version == "1.0" else {
            throw MeshError(.invalidRequest, "specversion is '\(version.shortened)': the mesh speaks CloudEvents 1.0")
        }
        let id = try required("id", id)
        let source = try required("source", source)
        let type = try required("type", type)
        if let contentType {
            guard MediaType(contentType).isJSONData else {
                throw MeshError(
                    .invalidRequest, "datacontenttype is '\(contentType.shortened)': the mesh takes application/json")
            }
        }
        guard let data else {
            throw MeshError(.invalidRequest, "the event has no data; an event of the mesh is a JSON object")
        }
        return CloudEvent(
            id: id, source: source, type: type, time: try time(now),
            traceparent: traceparent.map(TraceParent.continued),
            subject: try subject.map { value throws(MeshError) in try required("subject", value) }, data: data)
    }

    private func required(_ name: String, _ value: String?) throws(MeshError) -> String {
        guard let value else {
            throw MeshError(
                .invalidRequest, "the attribute \(name) is missing; CloudEvents wants specversion, id, source and type")
        }
        guard !value.isEmpty else {
            throw MeshError(.invalidRequest, "the attribute \(name) is empty; CloudEvents has it with a value, or not")
        }
        guard value.utf8.count <= CloudEvent.maximumAttributeBytes else {
            throw MeshError(
                .invalidRequest,
                "the attribute \(name) has \(value.utf8.count) bytes: at most \(CloudEvent.maximumAttributeBytes) are taken"
            )
        }
        guard value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw MeshError(.invalidRequest, "the attribute \(name) has a control character")
        }
        return value
    }

    private func time(_ now: Timestamp) throws(MeshError) -> Timestamp {
        guard let text = time else { return now }
        guard let time = Timestamp(iso8601: text) else {
            throw MeshError(
                .invalidRequest,
                "the attribute time is '\(text.shortened)': it is an RFC 3339 time such as 2026-11-21T13:05:00Z")
        }
        return time
    }
}
