import Foundation
import MeshCore
import Schemas

/// The times at which a cron expression fires in a time zone.
///
/// Daylight saving: a local time that is skipped fires at the moment of the jump, once for all that were skipped; one that comes twice fires the first time only.
struct CronSchedule: Sendable {
    private let expression: CronExpression
    private let zone: TimeZone

    /// Throws where either can't be read; the schema's compiler has checked both.
    init(cron: String, timezone: String) throws(MeshError) {
        do throws(CronError) {
            expression = try CronExpression(cron)
        } catch {
            throw MeshError(.invalidRequest, "the schedule `\(cron)` is refused: \(error.message)")
        }
        guard let zone = TimeZone(identifier: timezone) else {
            throw MeshError(
                .failedPrecondition,
                "this machine doesn't know the time zone \(timezone); install its time zone database (tzdata)")
        }
        self.zone = zone
    }

    // Local times are counted like times: what the clocks show, as if that were UTC. Their calendar has no jumps.
    private typealias LocalTime = Timestamp

    /// The first fire after a time; nil where there is none within nine years (a 29th of February may be eight years away).
    func next(after time: Timestamp) -> Timestamp? {
        // A day early, since a jump may bring back local times that are over.
        let first = local(time).day - 1
        for day in first..<(first + 9 * 366) {
            let date = Timestamp.civil(fromDay: day)
            // The epoch was a Thursday.
            let weekday = ((day + 4) % 7 + 7) % 7
            if expression.includes(month: Int(date.month), day: Int(date.day), weekday: Int(weekday)),
                let fire = firstFire(on: day, after: time)
            {
                return fire
            }
        }
        return nil
    }

    /// The last fire at or before a time, and after another; nil where there is none.
    func last(after: Timestamp, upTo time: Timestamp) -> Timestamp? {
        // Steps back from `time` with growing strides, so that a schedule that was missed for months isn't walked through.
        var stride: Int64 = 60_000_000
        var from = time.microseconds
        while true {
            from = max(after.microseconds, from - stride)
            if var found = next(after: Timestamp(microseconds: from)), found <= time {
                while let later = next(after: found), later <= time { found = later }
                return found
            }
            if from == after.microseconds { return nil }
            stride *= 2
        }
    }

    private func firstFire(on day: Int64, after time: Timestamp) -> Timestamp? {
        for hour in 0..<24 {
            for minute in 0..<60 where expression.includes(hour: hour, minute: minute) {
                let local = LocalTime(microseconds: (day * 1440 + Int64(hour * 60 + minute)) * 60_000_000)
                // Later local times are later moments. No zone is a day away from UTC, so most that are over needn't be looked up.
                if local.shifted(seconds: 86_400) <= time { continue }
                let moment = moment(of: local)
                if moment > time { return moment }
            }
        }
        return nil
    }

    /// What the clocks of the zone show at a moment.
    private func local(_ moment: Timestamp) -> LocalTime { moment.shifted(seconds: offset(at: moment)) }

    /// When the clocks of the zone show a local time: the first time where it is twice, the moment of the jump where it is skipped.
    private func moment(of local: LocalTime) -> Timestamp {
        // The zone's offsets a day before and after; jumps are further apart.
        let early = local.shifted(seconds: -offset(at: local.shifted(seconds: -86_400)))
        let late = local.shifted(seconds: -offset(at: local.shifted(seconds: 86_400)))
        if early == late { return early }
        for candidate in [early, late].sorted() where self.local(candidate) == local { return candidate }
        // Skipped: the jump lies between the two readings of it.
        let start = min(early, late).shifted(seconds: -1)
        return zone.nextDaylightSavingTimeTransition(after: Date(start)).map { Timestamp($0) } ?? max(early, late)
    }

    /// Seconds east of UTC.
    private func offset(at moment: Timestamp) -> Int { zone.secondsFromGMT(for: Date(moment)) }
}

extension Timestamp {
    fileprivate init(_ date: Date) { self.init(microseconds: Int64((date.timeIntervalSince1970 * 1e6).rounded())) }

    fileprivate func shifted(seconds: Int) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(seconds) * 1_000_000)
    }
}

extension Date {
    fileprivate init(_ time: Timestamp) { self.init(timeIntervalSince1970: Double(time.microseconds) / 1e6) }
}
