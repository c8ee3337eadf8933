import Foundation
import MeshCore
import Schemas

/// The times at which a cron expression fires in a time zone.
///
/// Daylight saving: a local time that is skipped fires at the moment of the jump, once for all that were skipped; one that comes twice fires the first time only.
struct CronSchedule: Sendable {
    private let expression: CronExpression
    private let zone: TimeZone
    private let calendar: Calendar

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
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? zone
        self.calendar = calendar
    }

    /// The first fire after a time; nil where there is none within nine years (a 29th of February may be eight years away).
    func next(after time: Timestamp) -> Timestamp? {
        // Local times are walked in a calendar without jumps; each is mapped to the moment at which it is in the zone.
        let start = Date(timeIntervalSince1970: Double(time.microseconds) / 1e6)
        // A day early, since a jump may bring back local times that are over.
        var day = calendar.startOfDay(for: local(start).addingTimeInterval(-86_400))
        for _ in 0..<(9 * 366) {
            let date = calendar.dateComponents([.month, .day, .weekday], from: day)
            if let month = date.month, let number = date.day, let weekday = date.weekday,
                expression.includes(month: month, day: number, weekday: weekday - 1),
                let fire = firstFire(on: day, after: time)
            {
                return fire
            }
            day = day.addingTimeInterval(86_400)
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

    private func firstFire(on day: Date, after time: Timestamp) -> Timestamp? {
        var earliest: Timestamp?
        for hour in 0..<24 {
            for minute in 0..<60 where expression.includes(hour: hour, minute: minute) {
                let moment = moment(of: day.addingTimeInterval(Double(hour * 3600 + minute * 60)))
                guard moment > time else { continue }
                earliest = min(earliest ?? moment, moment)
                // Later local times are later moments.
                return earliest
            }
        }
        return earliest
    }

    /// What the clocks of the zone show at a moment, as a moment of the calendar without jumps.
    private func local(_ moment: Date) -> Date {
        moment.addingTimeInterval(Double(zone.secondsFromGMT(for: moment)))
    }

    /// When the clocks of the zone show a local time: the first time where it is twice, the moment of the jump where it is skipped.
    private func moment(of local: Date) -> Timestamp {
        let early = local.addingTimeInterval(-Double(offset(around: local, before: true)))
        let late = local.addingTimeInterval(-Double(offset(around: local, before: false)))
        for candidate in [early, late].sorted() where self.local(candidate) == local { return Timestamp(candidate) }
        // Skipped: the jump lies between the two readings of it.
        let start = min(early, late).addingTimeInterval(-1)
        return Timestamp(zone.nextDaylightSavingTimeTransition(after: start) ?? max(early, late))
    }

    /// The zone's offset a day before or after a local time; jumps are further apart.
    private func offset(around local: Date, before: Bool) -> Int {
        zone.secondsFromGMT(for: local.addingTimeInterval(before ? -86_400 : 86_400))
    }
}

extension Timestamp {
    fileprivate init(_ date: Date) { self.init(microseconds: Int64((date.timeIntervalSince1970 * 1e6).rounded())) }
}
