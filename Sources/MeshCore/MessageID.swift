/// Ids for messages: UUID version 7 (RFC 9562 §5.7), so that they sort by time of creation.
package enum MessageID {
    /// A new id, in the canonical lower-case form.
    package static func make(at time: Timestamp = .now) -> String {
        var generator = BufferedRandomNumbers()
        return make(at: time, using: &generator)
    }

    /// A new id whose random bits come from `generator`, for reproducible tests.
    package static func make(at time: Timestamp, using generator: inout some RandomNumberGenerator) -> String {
        let milliseconds = UInt64(max(0, time.microseconds / 1000))
        let subMillisecond = UInt64(max(0, time.microseconds % 1000)) * 4096 / 1000
        let high = milliseconds << 16 | 0x7000 | subMillisecond
        let random: UInt64 = generator.next()
        let low = (random & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var at = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[at] = UInt8(ascii: "-")
                    at += 1
                }
                let word = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64((15 - index % 16) * 4)) & 15
                buffer[at] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
                at += 1
            }
            return at
        }
    }
}
