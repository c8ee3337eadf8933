import Schemas
import Testing

@Suite struct CronTests {
    @Test func `fields name values, ranges, steps and lists`() throws {
        let cron = try CronExpression("*/20 8-10,22 1-31/10 JAN,dec sat-7")
        #expect(bits(cron.minutes) == [0, 20, 40])
        #expect(bits(cron.hours) == [8, 9, 10, 22])
        #expect(bits(cron.days) == [1, 11, 21, 31])
        #expect(bits(cron.months) == [1, 12])
        #expect(bits(cron.weekdays) == [0, 6])
        #expect(cron.restrictsDays && cron.restrictsWeekdays)
    }

    @Test func `a star is every value, and Sunday is one day`() throws {
        let cron = try CronExpression("* * * * *")
        #expect(
            [cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays].map { bits($0).count } == [
                60, 24, 31, 12, 7,
            ])
        #expect(!cron.restrictsDays && !cron.restrictsWeekdays)
        #expect(bits(try CronExpression("0 0 * * */3").weekdays) == [0, 3, 6])
    }

    @Test func `with day and weekday given a date is one or the other`() throws {
        let both = try CronExpression("0 0 13 * fri")
        #expect(both.includes(month: 1, day: 13, weekday: 2) && both.includes(month: 1, day: 2, weekday: 5))
        #expect(!both.includes(month: 1, day: 2, weekday: 4))
        let one = try CronExpression("0 0 */2 * fri")
        #expect(one.includes(month: 1, day: 3, weekday: 5) && !one.includes(month: 1, day: 3, weekday: 4))
        #expect(!one.includes(month: 1, day: 2, weekday: 5))
    }

    @Test func `each expression that is made of valid parts is read, and names exactly these parts`() throws {
        for seed in UInt64(1)...200 {
            var generator = SeededGenerator(seed: seed)
            let minutes = Set((0...generator.below(5)).map { _ in generator.below(60) })
            let first = generator.below(24)
            let last = first + generator.below(24 - first)
            let step = 1 + generator.below(23)
            let text = "\(minutes.map(String.init).joined(separator: ",")) \(first)-\(last)/\(step) * * *"
            let cron = try CronExpression(text)
            #expect(Set(bits(cron.minutes)) == minutes, "seed \(seed): \(text)")
            #expect(bits(cron.hours) == Array(stride(from: first, through: last, by: step)), "seed \(seed): \(text)")
        }
    }

    @Test func `random text is read or refused, and never traps`() {
        let parts = ["*", "/", "-", ",", " ", "0", "7", "31", "59", "99999999999999999999", "mon", "jan", "x", "٣", ""]
        for seed in UInt64(1)...3000 {
            var generator = SeededGenerator(seed: seed)
            _ = try? CronExpression((0..<generator.below(14)).map { _ in parts[generator.below(parts.count)] }.joined())
        }
    }

    private func bits(_ set: UInt64) -> [Int] { (0..<64).filter { set >> UInt64($0) & 1 == 1 } }
}
