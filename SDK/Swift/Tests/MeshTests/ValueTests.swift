import Mesh
import Testing

@Suite struct DatesAndTimes {
    @Test func `every day follows the one before`() throws {
        var date = try #require(Date("1899-12-31"))
        for number in 1...100_000 {
            let next = date.adding(days: 1)
            let isNextDay =
                next.day == date.day + 1 && next.month == date.month
                || next.day == 1 && (next.month == date.month + 1 || next.month == 1 && date.month == 12)
            guard isNextDay, next > date, next.days(since: date) == 1, Date(next.description) == next else {
                Issue.record("after \(date) came \(next) (day \(number))")
                return
            }
            date = next
        }
        #expect(date.description == "2173-10-15")
    }

    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-01-32", "20260101", "2026-01-01 ", "",
    ])
    func `a day that isn't in the calendar is refused`(text: String) { #expect(Date(text) == nil) }

    @Test func `leap days are where they belong`() {
        #expect(Date("2024-02-29") != nil)
        #expect(Date("2000-02-29") != nil)
        #expect(Date("1900-02-29") == nil)
    }

    @Test func `points in time survive`() {
        forRandomCases(1000) { random in
            let time = DateTime(
                epochMicroseconds: Int64.random(in: -62_000_000_000_000_000...250_000_000_000_000_000, using: &random))
            let elsewhere = time.at(offsetMinutes: Int.random(in: -959...959, using: &random))
            return DateTime(time.description) == time && DateTime(elsewhere.description) == time
                && DateTime(elsewhere.description)?.description == elsewhere.description
                && DateTime(epochMicroseconds: time.epochMicroseconds) == time
        }
    }

    @Test func `an instant is the same from every offset`() throws {
        let time = try #require(DateTime("2026-11-21T13:05:00.250+01:00"))
        #expect(time == DateTime("2026-11-21T12:05:00.25Z"))
        #expect(time.description == "2026-11-21T13:05:00.25+01:00")
        #expect(time.epochMicroseconds == 1_795_262_700_250_000)
        #expect(time.date == Date("2026-11-21"))
        #expect(time.time == Time("13:05:00.25"))
        #expect(time + .minutes(60) - time == .hours(1))
        #expect((time - .days(1)).description == "2026-11-20T13:05:00.25+01:00")
        #expect(time.at(offsetMinutes: 0).description == "2026-11-21T12:05:00.25Z")
    }

    @Test(arguments: [
        "2026-11-21", "2026-11-21T13:05:00", "2026-11-21T13:05Z", "2026-11-21T24:00:00Z", "2026-11-21T13:05:00+1:00",
        "2026-11-21T13:05:00.Z", "2026-11-21T13:05:00.1234567890Z", "2026-11-21 13:05:00Z", "0001-01-01T00:00:00+01:00",
        "0000-06-01T00:00:00Z", "2026-11-21T13:05:00+16:00",
    ]) func `what isn't RFC 3339 is refused`(text: String) { #expect(DateTime(text) == nil) }

    @Test(arguments: [
        ("PT1H30M", 5400, "PT1H30M"), ("P1DT1S", 86401, "PT24H1S"), ("PT0S", 0, "PT0S"), ("-PT1M", -60, "-PT1M"),
        ("P2W", 1_209_600, "PT336H"), ("PT90M", 5400, "PT1H30M"),
    ]) func `durations are read and written`(text: String, seconds: Int, canonical: String) throws {
        let duration = try #require(Duration(text))
        #expect(duration == .seconds(seconds))
        #expect(duration.description == canonical)
    }

    @Test(arguments: [
        "", "P", "PT", "1H", "PT1.5H", "P1M", "P1Y", "PT1S1M", "PTS", "PT1", "P1H", "PT9999999999999999999S",
    ])
    func `what isn't a duration of fixed length is refused`(text: String) { #expect(Duration(text) == nil) }

    @Test func `durations survive`() {
        forRandomCases(1000) { random in
            let duration = Duration(
                seconds: Int64.random(in: -1_000_000_000...1_000_000_000, using: &random),
                nanoseconds: Int64.random(in: -2_000_000_000...2_000_000_000, using: &random))
            return Duration(duration.description) == duration && duration - duration == .zero
                && -(-duration) == duration
        }
    }
}

@Suite struct SmallValues {
    @Test func `bytes survive base64`() {
        forRandomCases(500) { random in
            let bytes = Bytes(
                (0..<Int.random(in: 0...50, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
            return Bytes(base64: bytes.base64) == bytes
        }
        #expect(Bytes("foobar".utf8).base64 == "Zm9vYmFy")
        #expect(Bytes("fooba".utf8).base64 == "Zm9vYmE=")
        #expect(Bytes("foob".utf8).base64 == "Zm9vYg==")
    }

    @Test(arguments: ["Zg", "Zg=", "Z===", "Zh==", "Zm9=", "Z-9v", "Zg==Zg==", "===="])
    func `what isn't canonical base64 is refused`(text: String) { #expect(Bytes(base64: text) == nil) }

    @Test func `UUIDs survive, and random ones are of version 4`() {
        forRandomCases(200) { random in
            let uuid = UUID.random(using: &random)
            let text = Array(uuid.description)
            return UUID(uuid.description) == uuid && UUID(uuid.description.uppercased()) == uuid && text[14] == "4"
                && "89ab".contains(text[19])
        }
        #expect(UUID("01980000-0000-7000-8000-00000000000g") == nil)
        #expect(UUID("019800000000-7000-8000-000000000001") == nil)
    }

    @Test func `a URL has a scheme and no white space`() {
        #expect(URL("https://example.org/a?b=c")?.text == "https://example.org/a?b=c")
        #expect(URL("mailto:a@b") != nil)
        for text in ["", "example.org", "/path", ":x", "1a:b", "https://a b", "ht tp://x"] {
            #expect(URL(text) == nil, "\(text)")
        }
    }
}
