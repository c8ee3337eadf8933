/// A record of a topic as the mesh understands it.
package struct DecodedMessage: Sendable, Equatable {
    package var message: Message
    /// The lane that published it; nil for a record from outside the mesh.
    package var stamp: LaneStamp?
    /// False when the record had no `ce_id` and the id was made from its place in the log.
    package var hasOwnID: Bool

    package init(message: Message, stamp: LaneStamp?, hasOwnID: Bool) {
        self.message = message
        self.stamp = stamp
        self.hasOwnID = hasOwnID
    }
}

/// Why a record isn't a message: what is wrong with which header, for the dead letter's cause.
package struct MessageDecodingError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
