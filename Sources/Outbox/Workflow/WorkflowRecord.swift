/// A workflow as its partition's owner holds it: its row and the journal of its current run.
package struct WorkflowRecord: Sendable, Equatable {
    package var row: WorkflowRow
    /// In the order of `sequence`; begins with the run's `started`.
    package var journal: [JournalEntry]
    /// The operations that its code waits for, where the owner has seen it suspend: other events need no replay. Kept in memory only.
    package var waitsFor: Set<Int32>?
    /// Nil where the owner hasn't seen it suspend.
    package var pause: WorkflowPause?

    package init(
        row: WorkflowRow, journal: [JournalEntry], waitsFor: Set<Int32>? = nil, pause: WorkflowPause? = nil
    ) {
        self.row = row
        self.journal = journal
        self.waitsFor = waitsFor
        self.pause = pause
    }

    /// What it is after `write`, whose row and entries go on from `record` (nil: there was none).
    package init(_ record: consuming WorkflowRecord?, after write: WorkflowWrite) {
        var journal: [JournalEntry] = []
        if let record { journal = record.journal }
        if let start = write.entries.lastIndex(where: { $0.kind == .started }) {
            // A new run: its journal begins here.
            journal = Array(write.entries[start...])
        } else {
            journal.append(contentsOf: write.entries)
        }
        self.init(row: write.row, journal: journal, waitsFor: write.waitsFor, pause: write.pause)
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
    /// Operations above this number are none of the workflow's any more: their calls to the outside that nobody has taken aren't made. Nil: all are.
    package var operationsKept: Int32?
    /// For `WorkflowRecord`; these aren't stored.
    package var waitsFor: Set<Int32>?
    package var pause: WorkflowPause?

    package init(
        row: WorkflowRow, expectedSequence: Int64, entries: [JournalEntry], timersAdded: [WorkflowTimer] = [],
        timersRemoved: [WorkflowTimer] = [], waitsFor: Set<Int32>? = nil, pause: WorkflowPause? = nil
    ) {
        self.row = row
        self.expectedSequence = expectedSequence
        self.entries = entries
        self.timersAdded = timersAdded
        self.timersRemoved = timersRemoved
        self.waitsFor = waitsFor
        self.pause = pause
    }
}
