package import MeshCore

/// Timers whose time has come.
package struct DueTimers: Sendable, Equatable {
    /// In the order of their time.
    package var timers: [WorkflowTimer]
    /// When the next one is due that isn't among them and whose workflow wasn't excluded; nil when there is none. In the past where there may
    /// be more than were asked for.
    package var nextDue: Timestamp?

    package init(timers: [WorkflowTimer], nextDue: Timestamp?) {
        self.timers = timers
        self.nextDue = nextDue
    }
}
