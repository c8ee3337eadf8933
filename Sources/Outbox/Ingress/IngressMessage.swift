package import MeshCore

/// A message that the router has validated and wants to be durable.
package struct IngressMessage: Sendable {
    package var topic: String
    package var partition: Int32
    /// `message.extensions.keepsResult` is set by the router where there is an idempotency key, or the result is polled later.
    package var message: Message
    package var idempotency: Idempotency?

    package init(topic: String, partition: Int32, message: Message, idempotency: Idempotency? = nil) {
        self.topic = topic
        self.partition = partition
        self.message = message
        self.idempotency = idempotency
    }
}

/// What makes a repeated request recognisable.
package struct Idempotency: Sendable, Hashable {
    /// The method; keys of different methods don't meet.
    package var scope: String
    /// The request's `Idempotency-Key`.
    package var key: String
    /// A hash of the request's body.
    package var bodyHash: [UInt8]

    package init(scope: String, key: String, bodyHash: [UInt8]) {
        self.scope = scope
        self.key = key
        self.bodyHash = bodyHash
    }
}

/// What became of a message at the door.
package enum IngressOutcome: Sendable, Equatable {
    /// It is durable; publish the row.
    case accepted(OutboxRow)
    /// It is durable, and is sent when it is due (`MessageExtensions.due`).
    case delayed
    /// Its idempotency key was used before with the same body: nothing was written, and this call's result is the answer.
    case repeated(callID: String)
    /// Its idempotency key was used before with another body.
    case conflict(callID: String)
}

/// A call's result as far as the store knows it.
package enum CallState: Sendable, Equatable {
    /// No such call, or its result has expired.
    case unknown
    case pending(since: Timestamp)
    case done(CallResult, at: Timestamp)
}
