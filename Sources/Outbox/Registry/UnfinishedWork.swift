/// What of a service isn't done: it stays as it is where the service goes out of force.
package struct UnfinishedWork: Sendable, Equatable {
    /// Workflows that are running or stuck.
    package var openWorkflows: Int64 = 0
    /// Executions that wait for another attempt, or behind one.
    package var parked: Int64 = 0
    /// Records of its topics that aren't done, as the owners last saw them.
    package var waiting: Int64 = 0
    /// Calls of it that are sent later.
    package var delayed: Int64 = 0
    /// Services in force that have called it, as seen in messages that are still kept.
    package var callers: [String] = []

    package init(
        openWorkflows: Int64 = 0, parked: Int64 = 0, waiting: Int64 = 0, delayed: Int64 = 0,
        callers: [String] = []
    ) {
        self.openWorkflows = openWorkflows
        self.parked = parked
        self.waiting = waiting
        self.delayed = delayed
        self.callers = callers
    }

    /// What there is, in words: "2 open workflows, 1 parked message"; nil where there is nothing.
    package var text: String? {
        func some(_ count: Int64, _ what: String) -> String? {
            count == 0 ? nil : "\(count) \(what)\(count == 1 ? "" : "s")"
        }
        let parts = [
            some(openWorkflows, "open workflow"), some(parked, "parked message"), some(waiting, "waiting message"),
            some(delayed, "delayed call"),
            callers.isEmpty ? nil : "callers (\(callers.joined(separator: ", ")))",
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
