package import MeshCore

/// A message on its way out: a row of `mesh.outbox`, or one of the SQL lane with the sequence that its tick gave it.
package struct OutboxRow: Sendable, Equatable {
    /// Rises within the lane; gaps are allowed, repetition isn't.
    package var sequence: Int64
    package var topic: String
    package var partition: Int32
    package var message: Message

    package init(sequence: Int64, topic: String, partition: Int32, message: Message) {
        self.sequence = sequence
        self.topic = topic
        self.partition = partition
        self.message = message
    }
}
