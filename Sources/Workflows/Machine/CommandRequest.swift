package import Outbox

/// What a workflow's code asks for, as replay compares it with the journal.
package struct CommandRequest: Sendable, Equatable {
    /// A command's kind; `call` stands for `local` too, which of the two it is was decided when it was new.
    package var kind: JournalEntry.Kind
    package var name: String?
    /// As the code gave it; nil where it left it to the rule of the method.
    package var key: String?
    package var data: [UInt8]?
    /// What a `cancel` is about.
    package var op: Int32

    package init(
        _ kind: JournalEntry.Kind, name: String? = nil, key: String? = nil, data: [UInt8]? = nil, op: Int32 = 0
    ) {
        self.kind = kind
        self.name = name
        self.key = key
        self.data = data
        self.op = op
    }
}

extension CommandRequest: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .cancel: "gives up operation \(op)"
        case .read: "reads its state"
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
        default:
            CommandText.text(
                kind == .local ? .call : kind, name: name,
                key: CommandDetails.hasGivenKey(details) || kind == .send ? key : nil, data: request)
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
        default: text = kind.rawValue
        }
        if let name { text += " " + name }
        if let key { text += " of key \"\(key)\"" }
        if let data {
            // An excerpt tells the step apart; the journal has it whole.
            let cut = data.prefix(200)
            text += " " + String(decoding: cut, as: UTF8.self) + (cut.count < data.count ? "…" : "")
            if kind == .timer { text += " µs" }
        }
        return text
    }
}
