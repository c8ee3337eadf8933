/// The bounds of workflows (docs/design/workflows.md, Limits).
package struct WorkflowLimits: Sendable {
    /// Entries of one run: from here on, the log warns.
    package var warnedEntries = 10_000
    /// With more the workflow fails.
    package var entries = 50_000
    package var openOperations = 20_000
    /// Groups of operations that a run makes.
    package var groups = 20_000
    /// Signals that no `receive` has taken.
    package var earlySignals = 1_000
    /// Callers that wait for the end of one workflow, and senders of signals that wait for its answers.
    package var callers = 1_000
    /// Callers that have joined a run, and senders without an answer, with those that wait no more.
    package var callersOfRun = 10_000
    /// What the code may append in one activation; it goes on in the next one.
    package var entriesPerActivation = 1_000
    package var bytesPerActivation = 1 << 20
    /// The same by the clock: local steps may take long, and the thread and the batch are held meanwhile.
    package var timePerActivation: Duration = .milliseconds(250)
    /// Code that waits for so many operations, over a journal of so many entries, rests between its runs: these microseconds for each entry.
    package var restedOperations = 16
    package var restedEntries = 500
    package var restPerEntry: Int64 = 5
    /// Log lines of one activation, its local steps' included.
    package var logLines = 5_000
    /// How often an activation that crashes is tried again, where the method doesn't say so.
    package var crashRetries = 3

    package init() {}
}
