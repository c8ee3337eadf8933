import Foundation
import MeshCore
import Schemas
import TestSupport
import Testing

@testable import WasmWorker

@Suite struct CronScheduleTests {
    private func time(_ text: String) -> Timestamp { Timestamp(iso8601: text) ?? Timestamp(microseconds: 0) }

    private func fires(_ cron: String, _ zone: String, after: String, count: Int) throws -> [String] {
        let schedule = try CronSchedule(cron: cron, timezone: zone)
        var last = time(after)
        return try (0..<count).map { _ in
            last = try #require(schedule.next(after: last))
            return last.iso8601.replacing(":00.000000Z", with: "Z")
        }
    }

    @Test func `a schedule fires when the clocks of its zone say so`() throws {
        #expect(
            try fires("*/20 * * * *", "UTC", after: "2026-01-01T00:20:00Z", count: 3) == [
                "2026-01-01T00:40Z", "2026-01-01T01:00Z", "2026-01-01T01:20Z",
            ])
        #expect(
            try fires("30 6 * * mon-fri", "America/New_York", after: "2026-01-02T11:30:00Z", count: 2) == [
                "2026-01-05T11:30Z", "2026-01-06T11:30Z",
            ])
        #expect(
            try fires("0 0 29 2 *", "UTC", after: "2096-03-01T00:00:00Z", count: 1) == ["2104-02-29T00:00Z"])
        #expect(
            try fires("15 10 * * *", "Asia/Kathmandu", after: "2026-05-01T00:00:00Z", count: 1) == [
                "2026-05-01T04:30Z"
            ])
    }

    @Test func `a local time that is skipped fires at the jump, once for all of them`() throws {
        // In Berlin 02:00 to 03:00 doesn't exist on 29 March 2026; the jump is at 01:00 UTC.
        #expect(
            try fires("30 2 * * *", "Europe/Berlin", after: "2026-03-27T12:00:00Z", count: 3) == [
                "2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z",
            ])
        #expect(
            try fires("*/20 2 * * *", "Europe/Berlin", after: "2026-03-29T00:00:00Z", count: 2) == [
                "2026-03-29T01:00Z", "2026-03-30T00:00Z",
            ])
        // In Apia the whole of 30 December 2011 was left out.
        #expect(
            try fires("0 12 * * *", "Pacific/Apia", after: "2011-12-29T00:00:00Z", count: 3) == [
                "2011-12-29T22:00Z", "2011-12-30T10:00Z", "2011-12-30T22:00Z",
            ])
    }

    @Test func `a local time that comes twice fires the first time`() throws {
        // In Berlin 02:00 to 03:00 comes twice on 25 October 2026.
        #expect(
            try fires("30 2 * * *", "Europe/Berlin", after: "2026-10-24T12:00:00Z", count: 2) == [
                "2026-10-25T00:30Z", "2026-10-26T01:30Z",
            ])
        #expect(
            try fires("*/30 * * * *", "Europe/Berlin", after: "2026-10-25T00:15:00Z", count: 2) == [
                "2026-10-25T00:30Z", "2026-10-25T02:00Z",
            ])
    }

    /// Against a walk through every minute.
    @Test func `no fire is missed and none is made up, whatever the zone`() throws {
        var seed = Seed()
        let zones = [
            "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "America/St_Johns",
        ]
        let days = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01", "2026-06-15"]
        for _ in 0..<120 {
            let zone = zones[seed.integer(in: 0...zones.count - 1)]
            let minute = ["7-9", "*/15", "\(seed.integer(in: 0...59))", "0,30"][seed.integer(in: 0...3)]
            let hour = ["*", "0-4", "\(seed.integer(in: 0...4))", "*/2"][seed.integer(in: 0...3)]
            let cron = "\(minute) \(hour) * * *"
            let start = time(days[seed.integer(in: 0...days.count - 1)] + "T00:00:00Z")
                .advanced(by: .seconds(60 * seed.integer(in: -720...0)))
            let schedule = try CronSchedule(cron: cron, timezone: zone)
            let end = start.advanced(by: .seconds(43_200))
            var found: [Timestamp] = []
            var last = start
            while let next = schedule.next(after: last), next <= end {
                found.append(next)
                last = next
            }
            let expected = try walk(cron, zone, from: start, to: end)
            #expect(found == expected, "\(cron) in \(zone) from \(start.iso8601), \(seed)")
            let until = start.advanced(by: .seconds(seed.integer(in: 0...43_200)))
            #expect(schedule.last(after: start, upTo: until) == found.last { $0 <= until })
        }
    }

    private func walk(_ cron: String, _ zone: String, from start: Timestamp, to end: Timestamp) throws -> [Timestamp] {
        let expression = try CronExpression(cron)
        let zone = try #require(TimeZone(identifier: zone))
        // Every day fires: it is the times of day that are looked at.
        func matches(_ local: Int64) -> Bool {
            expression.includes(hour: Int(local / 3600 % 24), minute: Int(local / 60 % 60))
        }
        func local(_ moment: Int64) -> Int64 {
            moment + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment))))
        }
        var fires: [Timestamp] = []
        // From long enough before to know which local times have been.
        var moment = start.microseconds / 1_000_000 / 60 * 60 - 6 * 3600
        var seenUpTo = local(moment - 60)
        while moment <= end.microseconds / 1_000_000 {
            let here = local(moment)
            if here > seenUpTo {
                let skipped = stride(from: seenUpTo + 60, through: here, by: 60)
                if skipped.contains(where: matches), Timestamp(microseconds: moment * 1_000_000) > start {
                    fires.append(Timestamp(microseconds: moment * 1_000_000))
                }
                seenUpTo = here
            }
            moment += 60
        }
        return fires
    }
}
