/// The headers of one record while they are being read.
struct HeaderFields {
    var id: String?
    var type: String?
    var source: String?
    var time: Timestamp?
    var subject: String?
    var lane: (id: Int64, epoch: Int64)?
    var sequence: Int64?
    var extensions = MessageExtensions()

    /// Takes in one header; headers of others are ignored.
    mutating func read(_ header: WireHeader) throws(MessageDecodingError) {
        switch header.name {
        case MessageHeader.specificationVersion:
            guard try text(header) == "1.0" else {
                throw MessageDecodingError("header \(header.name) is \(quoted(header)), the mesh reads CloudEvents 1.0")
            }
        case MessageHeader.id: id = try nonEmpty(header)
        case MessageHeader.type: type = try nonEmpty(header)
        case MessageHeader.source: source = try text(header)
        case MessageHeader.time: time = try timestamp(header)
        case MessageHeader.subject: subject = try text(header)
        case MessageHeader.contentType: try checkContentType(header)
        case MessageHeader.traceparent: extensions.traceparent = try text(header)
        case MessageHeader.replyTo: extensions.replyTo = Int32(clamping: try number(header))
        case MessageHeader.keepsResult: extensions.keepsResult = try text(header) == "true"
        case MessageHeader.deadline: extensions.deadline = try timestamp(header)
        case MessageHeader.caller: extensions.caller = try text(header)
        case MessageHeader.onlyFor: extensions.onlyFor = try text(header)
        case MessageHeader.replyFor: extensions.replyFor = try text(header)
        case MessageHeader.status: extensions.status = ReplyStatus(rawValue: try text(header))
        case MessageHeader.answerTo: extensions.answerTo = try text(header)
        case MessageHeader.operation: extensions.operation = try text(header)
        case MessageHeader.lane: lane = try laneAndEpoch(header)
        case MessageHeader.sequence: sequence = try number(header)
        default: break
        }
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

    private func text(_ header: WireHeader) throws(MessageDecodingError) -> String {
        guard let text = String(validating: header.value, as: UTF8.self) else {
            throw MessageDecodingError("header \(header.name) isn't UTF-8")
        }
        return text
    }

    private func nonEmpty(_ header: WireHeader) throws(MessageDecodingError) -> String {
        let text = try text(header)
        guard !text.isEmpty, text.utf8.count <= 1024 else {
            throw MessageDecodingError("header \(header.name) has \(text.utf8.count) bytes; 1 to 1,024 are allowed")
        }
        return text
    }

    private func number(_ header: WireHeader) throws(MessageDecodingError) -> Int64 {
        guard let number = Int64(try text(header)), number >= 0 else {
            throw MessageDecodingError("header \(header.name) is \(quoted(header)), not a whole number from 0 on")
        }
        return number
    }

    private func timestamp(_ header: WireHeader) throws(MessageDecodingError) -> Timestamp {
        guard let time = Timestamp(iso8601: try text(header)) else {
            throw MessageDecodingError("header \(header.name) is \(quoted(header)), not an RFC 3339 time")
        }
        return time
    }

    private func laneAndEpoch(_ header: WireHeader) throws(MessageDecodingError) -> (id: Int64, epoch: Int64) {
        let parts = try text(header).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = Int64(parts[0]), let epoch = Int64(parts[1]), id >= 0, epoch >= 0 else {
            throw MessageDecodingError("header \(header.name) is \(quoted(header)), not <lane>.<epoch>")
        }
        return (id, epoch)
    }

    private func checkContentType(_ header: WireHeader) throws(MessageDecodingError) {
        let type = try text(header).prefix { $0 != ";" }.lowercased()
        guard type == "application/json" || type.hasSuffix("+json") else {
            throw MessageDecodingError("content-type is \(quoted(header)); the mesh takes application/json")
        }
    }

    private func quoted(_ header: WireHeader) -> String {
        "\"\(String(decoding: header.value.prefix(64), as: UTF8.self))\""
    }
}
