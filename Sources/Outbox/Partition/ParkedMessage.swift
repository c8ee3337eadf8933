package import MeshCore

/// An execution that waits for its next attempt, or behind one of its key that does.
package struct NewParkedMessage: Sendable, Equatable {
    package var offset: Int64
    /// The handling service, qualified.
    package var service: String
    package var method: String
    /// What orders it: the record's key, or its id where it has none.
    package var key: String
    package var message: Message
    /// How many attempts have failed; 0 for one that hasn't been tried.
    package var attempts: Int
    /// When to try again; nil for one that waits behind another of its key.
    package var due: Timestamp?
    /// The clock that its first attempt saw; every later one sees the same. It is what `ParkedMessage.parkedAt` tells.
    package var firstRunAt: Timestamp?
    /// Why the last attempt failed, as `MeshError.json`; nil for one that hasn't been tried.
    package var error: MeshError?
    package var digest: String?

    package init(
        offset: Int64, service: String, method: String, key: String, message: Message, attempts: Int, due: Timestamp?,
        error: MeshError?, digest: String?, firstRunAt: Timestamp? = nil
    ) {
        self.offset = offset
        self.service = service
        self.method = method
        self.key = key
        self.message = message
        self.attempts = attempts
        self.due = due
        self.error = error
        self.digest = digest
        self.firstRunAt = firstRunAt
    }
}

/// A parked message as it is stored.
package struct ParkedMessage: Sendable, Equatable {
    /// Rises in the order in which those of one key must run.
    package var id: Int64
    package var offset: Int64
    package var service: String
    package var method: String
    package var key: String
    package var message: Message
    package var attempts: Int
    package var due: Timestamp?
    package var parkedAt: Timestamp

    package init(
        id: Int64, offset: Int64, service: String, method: String, key: String, message: Message, attempts: Int,
        due: Timestamp?, parkedAt: Timestamp
    ) {
        self.id = id
        self.offset = offset
        self.service = service
        self.method = method
        self.key = key
        self.message = message
        self.attempts = attempts
        self.due = due
        self.parkedAt = parkedAt
    }

    package var stateKey: StateKey { StateKey(service: service, key: key) }
}

/// A parked message whose attempt failed once more and that waits again.
package struct ParkedAttempt: Sendable, Equatable {
    package var id: Int64
    package var attempts: Int
    package var due: Timestamp
    package var error: MeshError
    package var digest: String?

    package init(id: Int64, attempts: Int, due: Timestamp, error: MeshError, digest: String?) {
        self.id = id
        self.attempts = attempts
        self.due = due
        self.error = error
        self.digest = digest
    }
}
