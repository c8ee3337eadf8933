package import Outbox
package import Wasm

/// What a workflow's code asks for, as replay compares it with the journal.
package struct CommandRequest: Sendable, Equatable {
    /// A command's kind; `call` stands for `local` too, which of the two it is was decided when it was new.
    package var kind: JournalEntry.Kind
    package var name: String?
    /// As the code gave it; nil where it left it to the rule of the method.
    package var key: String?
    package var data: [UInt8]?
    /// What a `cancel` or a `reply` is about.
    package var op: Int32
    /// Of a `reply`: it refuses.
    package var isError = false

    package init(
        _ kind: JournalEntry.Kind, name: String? = nil, key: String? = nil, data: [UInt8]? = nil, op: Int32 = 0
    ) {
        self.kind = kind
        self.name = name
        self.key = key
        self.data = data
        self.op = op
    }

    /// The answer to the signal that a `receive` has got.
    package init(replyTo op: Int32, isError: Bool, data: [UInt8]) {
        self.init(.reply, data: data, op: op)
        self.isError = isError
    }

    /// As a refused one stands in the journal: texts in Postgres have no zero bytes.
    var withoutZeros: CommandRequest {
        var request = self
        request.name = name?.withoutZeros
        request.key = key?.withoutZeros
        return request
    }
}

extension String {
    fileprivate var withoutZeros: String { String(unicodeScalars.filter { $0 != "\0" }) }
}

extension CommandRequest {
    package init(_ command: GuestCommand) {
        switch command.kind {
        case .call: self.init(.call, name: command.name, key: command.key, data: command.data)
        case .timer: self.init(.timer, data: command.data)
        case .receive: self.init(.receive, name: command.name)
        }
    }
}

extension CommandRequest: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .cancel: "gives up operation \(op)"
        case .read: "reads its state"
        case .reply: CommandText.reply(to: op, isError: isError, data)
        default: CommandText.text(kind, name: name, key: key, data: data)
        }
    }
}

extension JournalEntry {
    /// The command in words, as in an error of nondeterminism.
    package var commandText: String {
        switch kind {
        case .cancel: "gives up operation \(op)"
        case .read: "reads its state"
        case .reply: CommandText.reply(to: op, isError: result != nil, request)
        default:
            CommandText.text(
                kind == .local ? .call : kind, name: name,
                key: CommandDetails.hasGivenKey(details) || kind == .send ? key : nil,
                data: kind.isEnd && kind != .continued ? result : request)
        }
    }
}

/// Commands in words.
enum CommandText {
    static func text(_ kind: JournalEntry.Kind, name: String?, key: String?, data: [UInt8]?) -> String {
        var text: String
        switch kind {
        case .call: text = "calls"
        case .timer: text = "waits for a time of"
        case .receive: text = "waits for the signal"
        case .emit: text = "emits"
        case .send: text = "sends"
        case .write: text = data == nil ? "deletes its state" : "writes its state"
        case .patch: text = "asks for the patch"
        case .config: text = "reads the configuration value"
        case .closed: text = "takes no more signals"
        case .continued: text = "continues as new with"
        case .completed: text = "returns"
        case .threw: text = "throws"
        default: text = kind.rawValue
        }
        if let name { text += " " + name }
        if let key { text += " of key \"\(key)\"" }
        if let data, let excerpt = excerpt(data) { text += " " + excerpt + (kind == .timer ? " µs" : "") }
        return text
    }

    static func reply(to op: Int32, isError: Bool, _ data: [UInt8]?) -> String {
        let text = "\(isError ? "refuses" : "answers") the signal of operation \(op)"
        return data.flatMap(excerpt).map { "\(text) \(isError ? "with the error " : "")\($0)" } ?? text
    }

    /// Enough to tell a step apart; the journal has it whole.
    static func excerpt(_ data: [UInt8]) -> String? {
        guard !data.isEmpty else { return nil }
        let cut = data.prefix(200)
        return String(decoding: cut, as: UTF8.self) + (cut.count < data.count ? "…" : "")
    }
}
