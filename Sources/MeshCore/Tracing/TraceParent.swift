/// A `traceparent` (W3C Trace Context §3.2): the trace that something belongs to, the span that caused it, and whether the trace is recorded.
package struct TraceParent: Sendable, Equatable {
    /// 32 lower-case hexadecimal digits, not all zero.
    package let traceID: String
    /// 16 of them, not all zero.
    package let spanID: String
    package let isSampled: Bool

    init(traceID: String, spanID: String, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// Reads the form of version 00; a higher version may have more behind it. Nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count <= 256, parts.count >= 4, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            TraceParent.isHex(parts[0], 2), TraceParent.isID(parts[1], 32), TraceParent.isID(parts[2], 16),
            TraceParent.isHex(parts[3], 2), let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        self.init(traceID: String(parts[1]), spanID: String(parts[2]), isSampled: flags & 1 == 1)
    }

    /// The beginning of a new trace.
    package static func fresh(isSampled: Bool) -> TraceParent {
        TraceParent(
            traceID: hex(.random(in: 1...UInt64.max)) + hex(.random(in: 0...UInt64.max)), spanID: freshSpanID(),
            isSampled: isSampled)
    }

    /// The text as it came where it can be read, else that of a new trace that isn't recorded.
    package static func continued(_ text: String?) -> String {
        if let text, TraceParent(text) != nil { return text }
        return fresh(isSampled: false).text
    }

    static func freshSpanID() -> String { hex(.random(in: 1...UInt64.max)) }

    /// `00-<trace>-<span>-<flags>`.
    package var text: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func isID(_ text: Substring, _ count: Int) -> Bool {
        isHex(text, count) && text.utf8.contains { $0 != UInt8(ascii: "0") }
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
