/// When a schedule fires: minute, hour, day of the month, month, weekday, as in crontab(5).
///
/// `*`, numbers, names of months and weekdays (`jan`, `mon`), ranges, steps and lists; Sunday is 0 or 7. Where both the day and the
/// weekday are restricted, a date fires if it is one **or** the other; a field that begins with `*` isn't a restriction.
package struct CronExpression: Sendable, Hashable {
    /// Bit n: the minute n.
    package let minutes: UInt64
    package let hours: UInt64
    /// Bits 1 to 31.
    package let days: UInt64
    /// Bits 1 to 12.
    package let months: UInt64
    /// Bits 0 (Sunday) to 6.
    package let weekdays: UInt64
    /// False where the day of the month is `*` or `*/n`.
    package let restrictsDays: Bool
    package let restrictsWeekdays: Bool

    package init(_ text: String) throws(CronError) {
        let fields = text.split(separator: " ").map(String.init)
        guard fields.count == 5 else {
            throw CronError(
                "it has \(fields.count) field\(fields.count == 1 ? "" : "s"), and wants five: minute, hour, day, month, weekday, such as `0 6 * * mon-fri`"
            )
        }
        minutes = try CronField.minute.bits(fields[0])
        hours = try CronField.hour.bits(fields[1])
        days = try CronField.day.bits(fields[2])
        months = try CronField.month.bits(fields[3])
        let week = try CronField.weekday.bits(fields[4])
        weekdays = (week & 0x7F) | (week >> 7 & 1)
        restrictsDays = !fields[2].hasPrefix("*")
        restrictsWeekdays = !fields[4].hasPrefix("*")
        guard hasDate else { throw CronError("it names a day that no month of it has, so that it would never fire") }
    }

    /// True where the schedule fires on this date; `weekday` counts from Sunday, 0.
    package func includes(month: Int, day: Int, weekday: Int) -> Bool {
        guard months >> UInt64(month) & 1 == 1 else { return false }
        let isDay = days >> UInt64(day) & 1 == 1
        let isWeekday = weekdays >> UInt64(weekday) & 1 == 1
        return restrictsDays && restrictsWeekdays ? isDay || isWeekday : isDay && isWeekday
    }

    /// True where the schedule fires in this minute of a day that `includes` has accepted.
    package func includes(hour: Int, minute: Int) -> Bool {
        hours >> UInt64(hour) & 1 == 1 && minutes >> UInt64(minute) & 1 == 1
    }

    /// False for the 31st of February and its like.
    private var hasDate: Bool {
        if restrictsDays, restrictsWeekdays { return true }
        let lengths = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...12).contains { month in
            months >> UInt64(month) & 1 == 1 && (1...lengths[month]).contains { days >> UInt64($0) & 1 == 1 }
        }
    }
}

/// Why a cron expression is refused: the end of a sentence that begins with it.
package struct CronError: Error, Sendable, Hashable {
    package let message: String

    package init(_ message: String) { self.message = message }
}
