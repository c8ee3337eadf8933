/// The headers of one record while they are being read.
package struct HeaderFields {
    var id: String?
    var type: String?
    var source: String?
    var time: Timestamp?
    var subject: String?
    var lane: (id: Int64, epoch: Int64)?
    var sequence: Int64?
    var extensions = MessageExtensions()

    package init() {}

    /// The most bytes of each further header, all of which are kept with the message: an address of an answer has a key and the names of a service.
    static let extensionBytes = 2048

    /// The most bytes of headers of others that are kept with a message, 64 for each counted with it; what is beyond is left out.
    static let otherBytes = 16 << 10
    private var otherBytes = 0

    /// Takes in one header, whose text is nil where it isn't UTF-8; `bytes` are those of its value.
    package mutating func read(_ name: String, _ value: String?, _ bytes: @autoclosure () -> [UInt8])
        throws(MessageDecodingError)
    {
        guard let value, !value.hasZeroByte else {
            if MessageHeader.all.contains(name) {
                throw MessageDecodingError("header \(name) \(value == nil ? "isn't UTF-8" : "has a zero byte")")
            }
            return keep(WireHeader(name: name, value: bytes()))
        }
        switch name {
        case MessageHeader.id: id = try nonEmpty(name, value)
        case MessageHeader.type: type = try nonEmpty(name, value)
        case MessageHeader.source: source = try bounded(name, value)
        case MessageHeader.time: time = try timestamp(name, value)
        case MessageHeader.subject: subject = try bounded(name, value)
        case MessageHeader.lane: lane = try laneAndEpoch(name, value)
        case MessageHeader.sequence: sequence = try number(name, value)
        case MessageHeader.specificationVersion:
            guard value == "1.0" else {
                throw MessageDecodingError("header \(name) is \(quoted(value)), the mesh reads CloudEvents 1.0")
            }
        case MessageHeader.contentType: try checkContentType(value)
        case MessageHeader.traceparent: extensions.traceparent = try bounded(name, value, HeaderFields.extensionBytes)
        case MessageHeader.caller: extensions.caller = try bounded(name, value, HeaderFields.extensionBytes)
        case MessageHeader.principal: extensions.principal = try principal(name, value)
        case MessageHeader.replyTo: extensions.replyTo = Int32(clamping: try number(name, value))
        case MessageHeader.keepsResult: extensions.keepsResult = value == "true"
        case MessageHeader.deadline: extensions.deadline = try timestamp(name, value)
        case MessageHeader.due: extensions.due = try timestamp(name, value)
        case MessageHeader.onlyFor: extensions.onlyFor = try bounded(name, value, HeaderFields.extensionBytes)
        case MessageHeader.replyFor: extensions.replyFor = try bounded(name, value, HeaderFields.extensionBytes)
        case MessageHeader.status: extensions.status = ReplyStatus(rawValue: value)
        case MessageHeader.answerTo: extensions.answerTo = try bounded(name, value, HeaderFields.extensionBytes)
        case MessageHeader.operation: extensions.operation = try bounded(name, value, HeaderFields.extensionBytes)
        default: keep(WireHeader(name: name, value: bytes()))
        }
    }

    private mutating func keep(_ other: WireHeader) {
        guard otherBytes + other.byteCount <= HeaderFields.otherBytes, !other.name.hasZeroByte else { return }
        otherBytes += other.byteCount
        extensions.others = (extensions.others ?? []) + [other]
    }

    /// The lane stamp; half a stamp is an error, since deduplication rests on it.
    func stamp() throws(MessageDecodingError) -> LaneStamp? {
        switch (lane, sequence) {
        case (nil, nil): return nil
        case (let lane?, let sequence?): return LaneStamp(lane: lane.id, epoch: lane.epoch, sequence: sequence)
        default:
            throw MessageDecodingError(
                "headers \(MessageHeader.lane) and \(MessageHeader.sequence) go together; one is missing")
        }
    }

    private func nonEmpty(_ name: String, _ text: String) throws(MessageDecodingError) -> String {
        guard !text.isEmpty else { throw MessageDecodingError("header \(name) has 0 bytes; 1 to 1,024 are allowed") }
        return try bounded(name, text)
    }

    /// Source and id are the primary key of the inbox, whose entries have room for both and no more; the subject is a key.
    private func bounded(_ name: String, _ text: String, _ most: Int = MessageKey.maximumBytes)
        throws(MessageDecodingError) -> String
    {
        guard text.utf8.count <= most else {
            let limit = most == MessageKey.maximumBytes ? "1,024" : "2,048"
            throw MessageDecodingError("header \(name) has \(text.utf8.count) bytes; at most \(limit) are allowed")
        }
        return text
    }

    private func principal(_ name: String, _ text: String) throws(MessageDecodingError) -> Principal {
        guard let principal = Principal(try bounded(name, text, HeaderFields.extensionBytes)) else {
            throw MessageDecodingError(
                "header \(name) is \(quoted(text)), not {\"name\":…,\"roles\":[…]} of at most 2,048 bytes")
        }
        return principal
    }

    private func number(_ name: String, _ text: String) throws(MessageDecodingError) -> Int64 {
        guard let number = Int64(text), number >= 0 else {
            throw MessageDecodingError("header \(name) is \(quoted(text)), not a whole number from 0 on")
        }
        return number
    }

    private func timestamp(_ name: String, _ text: String) throws(MessageDecodingError) -> Timestamp {
        guard let time = Timestamp(iso8601: text) else {
            throw MessageDecodingError("header \(name) is \(quoted(text)), not an RFC 3339 time")
        }
        return time
    }

    private func laneAndEpoch(_ name: String, _ text: String) throws(MessageDecodingError) -> (id: Int64, epoch: Int64)
    {
        guard let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")), let id = Int64(text[..<dot]),
            let epoch = Int64(text[text.utf8.index(after: dot)...]), id >= 0, epoch >= 0
        else { throw MessageDecodingError("header \(name) is \(quoted(text)), not <lane>.<epoch>") }
        return (id, epoch)
    }

    static let json = "application/json"

    private func checkContentType(_ text: String) throws(MessageDecodingError) {
        if text == HeaderFields.json { return }
        let type = text.prefix { $0 != ";" }.lowercased()
        // Its envelope would pass for the event itself, since unknown fields are ignored.
        guard !type.hasPrefix("application/cloudevents") else {
            throw MessageDecodingError(
                "content-type is \(quoted(text)): CloudEvents' structured mode isn't read here; send the attributes as ce_ headers and the data with content-type application/json (binary mode)"
            )
        }
        guard type == HeaderFields.json || type.hasSuffix("+json") else {
            throw MessageDecodingError("content-type is \(quoted(text)); the mesh takes application/json")
        }
    }

    private func quoted(_ text: String) -> String { "\"\(String(decoding: text.utf8.prefix(64), as: UTF8.self))\"" }
}
