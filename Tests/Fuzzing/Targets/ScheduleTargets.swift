internal import MeshCore
@testable internal import Schemas
@testable internal import WasmWorker

extension FuzzTarget {
    /// A cron expression in a time zone, from any moment: the next time is later, and the last one before it is it again.
    static let cron = FuzzTarget(
        "cron", "cron expressions, time zones, and the times between",
        seeds: [
            "0 6 * * mon-fri\nEurope/Berlin\n\u{1}", "*/5 0-23/2 1,15 jan-dec sun\nUTC\n",
            "0 0 29 2 *\nAmerica/New_York\n",
            "59 23 31 12 7\nAsia/Kathmandu\n", "* * * * *\nPacific/Apia\n", "30 2 * * *\nEurope/Berlin\n",
        ]
    ) { input in
        var reader = Reader(input)
        let cron = reader.text()
        let name = reader.text()
        guard (try? CronExpression(cron)) != nil else { return }
        let zone = TimeZoneNames.all.contains(name) ? name : "Europe/Berlin"
        let schedule = try CronSchedule(cron: cron, timezone: zone)
        // From 1970 to 2100.
        let moment = Timestamp(microseconds: (reader.number() & 0x7FFF_FFFF_FFFF_FFFF) % 4_102_444_800_000_000)
        guard let next = schedule.next(after: moment) else { return }
        try require(next > moment, "the next time after \(moment.iso8601) is \(next.iso8601)")
        try require(next.microseconds % 1_000_000 == 0, "a time between seconds: \(next.iso8601)")
        let before = Timestamp(microseconds: moment.microseconds)
        let last = schedule.last(after: before, upTo: next)
        try require(
            last == next, "\(cron) in \(zone): the last time up to \(next.iso8601) is \(last?.iso8601 ?? "none")")
    }
}
