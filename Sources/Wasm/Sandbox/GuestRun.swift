/// One finished execution: how it ended and what it logged.
package struct GuestRun: Sendable {
    package var outcome: GuestOutcome
    package var logs: [GuestLogLine]
    /// Log bytes that were dropped at the limit.
    package var droppedLogBytes: Int
    /// The guest's linear memory at its end.
    package var memoryBytes: Int
    /// Host calls that were refused because they went too far (a limit, a right, a type), and why the first was. The guest may have
    /// coped with it, or paid no heed.
    package var refusals: Int
    package var firstRefusal: String?

    package init(
        outcome: GuestOutcome, logs: [GuestLogLine] = [], droppedLogBytes: Int = 0, memoryBytes: Int = 0,
        refusals: Int = 0, firstRefusal: String? = nil
    ) {
        self.outcome = outcome
        self.logs = logs
        self.droppedLogBytes = droppedLogBytes
        self.memoryBytes = memoryBytes
        self.refusals = refusals
        self.firstRefusal = firstRefusal
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
