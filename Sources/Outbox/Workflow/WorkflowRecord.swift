/// A workflow as its partition's owner holds it: its row and the journal of its current run.
package struct WorkflowRecord: Sendable, Equatable {
    package var row: WorkflowRow
    /// In the order of `sequence`; begins with the run's `started`.
    package var journal: [JournalEntry]

    package init(row: WorkflowRow, journal: [JournalEntry]) {
        self.row = row
        self.journal = journal
    }
}

/// What an activation changes of one workflow.
package struct WorkflowWrite: Sendable, Equatable {
    /// The row afterwards.
    package var row: WorkflowRow
    /// `nextSequence` of the row as it was read; 0 where there was none.
    package var expectedSequence: Int64
    /// New entries, in order.
    package var entries: [JournalEntry]
    package var timersAdded: [WorkflowTimer]
    /// Timers that fired or aren't needed any more.
    package var timersRemoved: [WorkflowTimer]

    package init(
        row: WorkflowRow, expectedSequence: Int64, entries: [JournalEntry], timersAdded: [WorkflowTimer] = [],
        timersRemoved: [WorkflowTimer] = []
    ) {
        self.row = row
        self.expectedSequence = expectedSequence
        self.entries = entries
        self.timersAdded = timersAdded
        self.timersRemoved = timersRemoved
    }
}
