/// `@schedule(cron:, timezone:, overlap:, catchUp:)`: when the mesh calls a method by itself.
package struct SchedulePolicy: Sendable, Hashable {
    /// What happens at a fire while the call before (a workflow) is still open.
    package enum Overlap: String, Sendable, Hashable, CaseIterable {
        /// This fire is left out.
        case skip
        /// It starts beside the other.
        case allow
        /// The other is cancelled, this one starts when it has ended.
        case cancel
    }

    /// Five fields (minute, hour, day, month, weekday), as written; checked by the compiler.
    package var cron: String
    /// An IANA name; `UTC` where none is declared.
    package var timezone: String
    package var overlap: Overlap
    /// How old a fire that was missed may be and still take place; at most one is made up for per schedule, the latest.
    package var catchUp: Duration

    package init(cron: String, timezone: String = "UTC", overlap: Overlap = .skip, catchUp: Duration = .seconds(60)) {
        self.cron = cron
        self.timezone = timezone
        self.overlap = overlap
        self.catchUp = catchUp
    }
}
