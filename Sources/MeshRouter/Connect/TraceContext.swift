/// W3C trace context: what a call carries, so that the traces of several systems meet.
package enum TraceContext {
    /// `traceparent` as it came where it is valid, else a new trace that isn't sampled.
    package static func continued(_ traceparent: String?) -> String {
        if let traceparent, isValid(traceparent) { return traceparent }
        return fresh()
    }

    /// A new trace: `00-<32 hex digits>-<16 hex digits>-00`.
    package static func fresh() -> String {
        "00-\(hex(.random(in: 1...UInt64.max)))\(hex(.random(in: 0...UInt64.max)))-\(hex(.random(in: 1...UInt64.max)))-00"
    }

    /// True for the form of version 00; a higher version may have more behind it (W3C trace context §3.2).
    package static func isValid(_ traceparent: String) -> Bool {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0] != "ff", parts[0] != "00" || parts.count == 4 else { return false }
        guard traceparent.utf8.count <= 256, isHex(parts[0], 2), isHex(parts[1], 32), isHex(parts[2], 16),
            isHex(parts[3], 2)
        else { return false }
        return parts[1].utf8.contains { $0 != UInt8(ascii: "0") } && parts[2].utf8.contains { $0 != UInt8(ascii: "0") }
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
