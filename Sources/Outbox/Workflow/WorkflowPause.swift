package import MeshCore

/// What the owner of a suspended workflow remembers of its code's last run; kept in memory only.
package struct WorkflowPause: Sendable, Equatable {
    /// The time of that activation.
    package var lastRun: Timestamp
    /// The sequence of the first entry that the code hasn't seen.
    package var firstUnseen: Int64
    /// When it runs again at the latest, where something has come that it waits for and it was let rest.
    package var resumesAt: Timestamp?

    package init(lastRun: Timestamp, firstUnseen: Int64, resumesAt: Timestamp? = nil) {
        self.lastRun = lastRun
        self.firstUnseen = firstUnseen
        self.resumesAt = resumesAt
    }
}
