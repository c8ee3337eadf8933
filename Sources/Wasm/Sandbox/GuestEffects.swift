package import MeshCore

/// What a completed execution wants to take place; nothing of it has yet.
package struct GuestEffects: Sendable, Equatable {
    /// The answer, nil where the guest gave none (`Void`). Not yet checked against the schema.
    package var reply: [UInt8]?
    package var state: StateChange
    /// In the order of the calls.
    package var messages: [GuestMessage]

    package init(reply: [UInt8]?, state: StateChange, messages: [GuestMessage]) {
        self.reply = reply
        self.state = state
        self.messages = messages
    }
}

/// What an execution did to the state of its key.
package enum StateChange: Sendable, Equatable {
    case unchanged
    case set([UInt8])
    case deleted
}

/// A message that a guest emitted or sent.
package struct GuestMessage: Sendable, Equatable {
    package enum Kind: Sendable { case emit, send }
    package var kind: Kind
    /// The event's name, or the target `namespace.Service/method`.
    package var name: String
    /// As the host's `MessageDecision` gave it.
    package var key: String?
    package var tag: Int
    package var data: [UInt8]
    /// When a call is to be sent; nil: at once.
    package var due: Timestamp?

    package init(kind: Kind, name: String, key: String?, tag: Int, data: [UInt8], due: Timestamp? = nil) {
        self.kind = kind
        self.name = name
        self.key = key
        self.tag = tag
        self.data = data
        self.due = due
    }
}
