/// Messages to Kafka headers and back: CloudEvents 1.0, Kafka protocol binding, binary content mode (DESIGN §5).
package enum MessageCodec {
    /// The headers of `message` as published by the lane of `stamp`; the data and the key go into the record itself.
    package static func headers(of message: Message, stamp: LaneStamp?) -> [WireHeader] {
        fields(of: message, stamp: stamp).map { WireHeader($0.name, $0.value) } + (message.extensions.others ?? [])
    }

    /// The mesh's own as text.
    package static func fields(of message: Message, stamp: LaneStamp?) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(12)
        forEachField(of: message, stamp: stamp) { headers.append(($0, $1)) }
        return headers
    }

    /// Hands the fields over one by one, where a list of them would only be read once.
    package static func forEachField(
        of message: Message, stamp: LaneStamp?, _ add: (_ name: String, _ value: String) -> Void
    ) {
        add(MessageHeader.specificationVersion, "1.0")
        add(MessageHeader.id, message.id)
        add(MessageHeader.type, message.type)
        add(MessageHeader.source, message.source)
        add(MessageHeader.time, message.time.iso8601)
        if let key = message.key { add(MessageHeader.subject, key) }
        add(MessageHeader.contentType, HeaderFields.json)
        addExtensions(message.extensions, add)
        if let stamp {
            add(MessageHeader.lane, String(stamp.lane) + "." + String(stamp.epoch))
            add(MessageHeader.sequence, String(stamp.sequence))
        }
    }

    private static func addExtensions(
        _ extensions: MessageExtensions, _ body: (_ name: String, _ value: String) -> Void
    ) {
        func add(_ name: String, _ value: String?) {
            if let value { body(name, value) }
        }
        add(MessageHeader.traceparent, extensions.traceparent)
        add(MessageHeader.replyTo, extensions.replyTo.map { String($0) })
        if extensions.keepsResult { add(MessageHeader.keepsResult, "true") }
        add(MessageHeader.deadline, extensions.deadline?.iso8601)
        add(MessageHeader.due, extensions.due?.iso8601)
        add(MessageHeader.caller, extensions.caller)
        add(MessageHeader.principal, extensions.principal?.text)
        add(MessageHeader.onlyFor, extensions.onlyFor)
        add(MessageHeader.replyFor, extensions.replyFor)
        add(MessageHeader.status, extensions.status?.rawValue)
        add(MessageHeader.answerTo, extensions.answerTo)
        add(MessageHeader.operation, extensions.operation)
    }

    /// Reads a record of `topic`.
    ///
    /// A record without CloudEvents headers is accepted: its id is `topic/partition/offset`, its type the topic.
    /// A header that can't be read makes the whole record malformed; the error names it.
    package static func decode(
        topic: String, partition: Int32, offset: Int64, timestampMilliseconds: Int64, key: [UInt8]?, value: [UInt8]?,
        headers: some Sequence<WireHeader>
    ) throws(MessageDecodingError) -> DecodedMessage {
        var fields = HeaderFields()
        for header in headers {
            try fields.read(header.name, String(validating: header.value, as: UTF8.self), header.value)
        }
        return try decode(
            topic: topic, partition: partition, offset: offset, timestampMilliseconds: timestampMilliseconds, key: key,
            value: value, fields: fields)
    }

    /// What can be told of a record that `decode` refused, for its dead letter: its own id, type and source where those can be read.
    package static func sketch(
        topic: String, partition: Int32, offset: Int64, timestampMilliseconds: Int64, key: [UInt8]?, value: [UInt8]?,
        headers: some Sequence<(name: String, value: String?)>
    ) -> Message {
        var fields = HeaderFields()
        for (name, value) in headers { try? fields.read(name, value, Array((value ?? "").utf8)) }
        return Message(
            id: fields.id ?? "\(topic)/\(partition)/\(offset)", type: fields.type ?? topic,
            source: fields.source ?? "/kafka/\(topic)",
            time: Timestamp(clampingMilliseconds: timestampMilliseconds),
            key: key.map { String(decoding: $0, as: UTF8.self) }, data: value ?? [])
    }

    /// As the first, for a record whose headers are read already: not generic, because it is done for each message.
    package static func decode(
        topic: String, partition: Int32, offset: Int64, timestampMilliseconds: Int64, key: [UInt8]?, value: [UInt8]?,
        fields: HeaderFields
    ) throws(MessageDecodingError) -> DecodedMessage {
        guard let value else {
            throw MessageDecodingError("the record has no value (a tombstone); the mesh takes JSON data")
        }
        var keyText: String?
        if let key {
            guard let text = String(validating: key, as: UTF8.self) else {
                throw MessageDecodingError("the record's key isn't UTF-8")
            }
            if let problem = MessageKey.problem(key) { throw MessageDecodingError("the record's key \(problem)") }
            keyText = text
        }
        let type = fields.type ?? topic
        // Without one, a call's key follows from its method's rule, and an event's subject is its key.
        if keyText == nil, let subject = fields.subject, !type.hasPrefix(topic + "/") {
            if let problem = MessageKey.problem(subject.utf8) {
                throw MessageDecodingError("the header \(MessageHeader.subject), the record's key, \(problem)")
            }
            keyText = subject
        }
        let message = Message(
            id: fields.id ?? "\(topic)/\(partition)/\(offset)", type: type,
            source: fields.source ?? "/kafka/\(topic)",
            time: fields.time ?? Timestamp(clampingMilliseconds: timestampMilliseconds), key: keyText, data: value,
            extensions: fields.extensions)
        return DecodedMessage(message: message, stamp: try fields.stamp(), hasOwnID: fields.id != nil)
    }
}
