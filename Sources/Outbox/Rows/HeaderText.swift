import MeshCore

/// Headers as the tables hold them: a JSON object of names and values, in order; a value that isn't UTF-8 is `{"base64": "…"}`.
enum HeaderText {
    static func encode(_ headers: some Sequence<WireHeader>) -> String {
        var text = "{"
        for header in headers { append(header, to: &text) }
        return text + "}"
    }

    private static func append(_ header: WireHeader, to text: inout String) {
        if text.utf8.count > 1 { text += "," }
        JSONText.appendString(header.name, to: &text)
        text += ":"
        if let value = String(validating: header.value, as: UTF8.self), !header.value.contains(0) {
            JSONText.appendString(value, to: &text)
        } else {
            text += "{\"base64\":\"\(Base64.encode(header.value))\"}"
        }
    }

    /// Reads what `encode` wrote; nil for anything else.
    static func decode(_ text: String) -> [WireHeader]? {
        var reader = HeaderTextReader(text)
        return reader.headers()
    }

    /// The extensions of a message, or nil where it has none.
    static func encode(_ extensions: MessageExtensions) -> String? {
        if extensions == noExtensions { return nil }
        var text = "{"
        // Most messages have no more than a trace and a caller.
        text.reserveCapacity(128)
        func add(_ name: String, _ value: String?) {
            guard let value else { return }
            text += text.utf8.count > 1 ? ",\"" : "\""
            text += name
            text += "\":"
            JSONText.appendString(value, to: &text)
        }
        add(MessageHeader.traceparent, extensions.traceparent)
        add(MessageHeader.replyTo, extensions.replyTo.map { String($0) })
        add(MessageHeader.keepsResult, extensions.keepsResult ? "true" : nil)
        add(MessageHeader.deadline, extensions.deadline?.iso8601)
        add(MessageHeader.due, extensions.due?.iso8601)
        add(MessageHeader.caller, extensions.caller)
        add(MessageHeader.principal, extensions.principal?.text)
        add(MessageHeader.onlyFor, extensions.onlyFor)
        add(MessageHeader.replyFor, extensions.replyFor)
        add(MessageHeader.status, extensions.status?.rawValue)
        add(MessageHeader.answerTo, extensions.answerTo)
        add(MessageHeader.operation, extensions.operation)
        if let others = extensions.others { for header in others { append(header, to: &text) } }
        text += "}"
        return text
    }

    private static let noExtensions = MessageExtensions()

    /// The extensions as `encode` wrote them.
    static func extensions(_ text: String?) -> MessageExtensions {
        var extensions = MessageExtensions()
        guard let text, let headers = decode(text) else { return extensions }
        for header in headers {
            let value = String(decoding: header.value, as: UTF8.self)
            switch header.name {
            case MessageHeader.traceparent: extensions.traceparent = value
            case MessageHeader.replyTo: extensions.replyTo = Int32(value)
            case MessageHeader.keepsResult: extensions.keepsResult = value == "true"
            case MessageHeader.deadline: extensions.deadline = Timestamp(iso8601: value)
            case MessageHeader.due: extensions.due = Timestamp(iso8601: value)
            case MessageHeader.caller: extensions.caller = value
            case MessageHeader.principal: extensions.principal = Principal(value)
            case MessageHeader.onlyFor: extensions.onlyFor = value
            case MessageHeader.replyFor: extensions.replyFor = value
            case MessageHeader.status: extensions.status = ReplyStatus(rawValue: value)
            case MessageHeader.answerTo: extensions.answerTo = value
            case MessageHeader.operation: extensions.operation = value
            default: extensions.others = (extensions.others ?? []) + [header]
            }
        }
        return extensions
    }
}
