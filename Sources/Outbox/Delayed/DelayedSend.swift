package import MeshCore

/// A call that is sent later: a row of `mesh.delayed_send`.
package struct DelayedSend: Sendable, Equatable {
    package var due: Timestamp
    package var topic: String
    /// Its `extensions.due` says the same.
    package var message: Message

    package init(due: Timestamp, topic: String, message: Message) {
        self.due = due
        self.topic = topic
        self.message = message
    }
}
