import MeshCore

/// The state of one key as it was read.
package struct StateRow: Sendable, Equatable {
    /// What the write must expect.
    package var version: Int64
    /// JSON.
    package var data: [UInt8]

    package init(version: Int64, data: [UInt8]) {
        self.version = version
        self.data = data
    }
}

/// What becomes of the state of one key.
package struct StateWrite: Sendable, Equatable {
    package var key: StateKey
    /// The version that was read; 0 where there was no row.
    package var expectedVersion: Int64
    /// The version that the row gets; see `nextVersion(after:)`.
    package var newVersion: Int64
    /// JSON; nil deletes the row.
    package var data: [UInt8]?

    package init(key: StateKey, expectedVersion: Int64, data: [UInt8]?) {
        self.key = key
        self.expectedVersion = expectedVersion
        self.newVersion = StateWrite.nextVersion(after: expectedVersion)
        self.data = data
    }

    /// One more than what was read; a new row starts at the microseconds of the clock, so that a key that was deleted and made again
    /// doesn't come back to a version that somebody read before.
    package static func nextVersion(after version: Int64) -> Int64 {
        version == 0 ? Timestamp.now.microseconds : version + 1
    }
}
