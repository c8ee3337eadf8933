/// One finished execution: how it ended and what it logged.
package struct GuestRun: Sendable {
    package var outcome: GuestOutcome
    package var logs: [GuestLogLine]
    /// Log bytes that were dropped at the limit.
    package var droppedLogBytes: Int
    /// The guest's linear memory at its end.
    package var memoryBytes: Int

    package init(outcome: GuestOutcome, logs: [GuestLogLine] = [], droppedLogBytes: Int = 0, memoryBytes: Int = 0) {
        self.outcome = outcome
        self.logs = logs
        self.droppedLogBytes = droppedLogBytes
        self.memoryBytes = memoryBytes
    }
}

/// A line of a guest's log.
package struct GuestLogLine: Sendable, Equatable {
    package enum Level: Int32, Sendable { case debug = 0, info, warning, error }
    package var level: Level
    package var text: String

    package init(level: Level, text: String) {
        self.level = level
        self.text = text
    }
}
