/// Names places in JSON for error messages.
enum JSONPlace {
    private enum Frame {
        case object(key: String?)
        case list(index: Int)
    }

    /// The path of what stands at `offset`: `order.items[2].quantity`. What comes before it is well-formed.
    static func path(of offset: Int, in bytes: UnsafeRawBufferPointer) -> String {
        var frames: [Frame] = []
        var expectsKey = false
        var position = 0
        let end = min(offset, bytes.count)
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "{"):
                frames.append(.object(key: nil))
                expectsKey = true
            case UInt8(ascii: "["):
                frames.append(.list(index: 0))
                expectsKey = false
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                _ = frames.popLast()
                expectsKey = false
            case UInt8(ascii: ","):
                if case .list(let index) = frames.last {
                    frames[frames.count - 1] = .list(index: index + 1)
                } else if !frames.isEmpty {
                    frames[frames.count - 1] = .object(key: nil)
                    expectsKey = true
                }
            case UInt8(ascii: "\""):
                let close = closingQuote(position, bytes)
                // An error inside this string is at this string.
                if close >= end { return render(frames) }
                if expectsKey, !frames.isEmpty {
                    frames[frames.count - 1] = .object(key: string(at: position, in: bytes))
                }
                expectsKey = false
                position = close
            default: break
            }
            position += 1
        }
        return render(frames)
    }

    private static func render(_ frames: [Frame]) -> String {
        var path = ""
        for frame in frames {
            switch frame {
            case .list(let index): path += "[\(index)]"
            case .object(let key?): path += (path.isEmpty ? "" : ".") + key.shortened
            case .object(nil): break
            }
        }
        return path
    }

    private static func closingQuote(_ start: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
        var position = start + 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position, bytes.count)
    }

    /// Where the list or object that starts at `start` ends; some place beyond `limit` bytes where that is further away.
    private static func closingBracket(_ start: Int, _ bytes: UnsafeRawBufferPointer, within limit: Int) -> Int {
        var depth = 0
        var position = start
        while position < bytes.count, position <= start + limit {
            switch bytes[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return position }
            case UInt8(ascii: "\""): position = closingQuote(position, bytes)
            default: break
            }
            position += 1
        }
        return min(position, bytes.count - 1)
    }

    /// The content of the string that starts at `offset`; nil where none does.
    static func string(at offset: Int, in bytes: UnsafeRawBufferPointer) -> String? {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { return nil }
        let close = closingQuote(offset, bytes)
        let content = UnsafeRawBufferPointer(rebasing: bytes[offset + 1..<max(offset + 1, close)])
        return String(decoding: JSONScanner.unescaped(content), as: UTF8.self)
    }

    /// What stands at `offset` as written, cut short; nil at the end.
    static func excerpt(at offset: Int, in bytes: UnsafeRawBufferPointer) -> String? {
        guard offset < bytes.count else { return nil }
        let limit = 50
        var end = offset + 1
        switch bytes[offset] {
        case UInt8(ascii: "\""): end = min(closingQuote(offset, bytes) + 1, bytes.count)
        case UInt8(ascii: "{"), UInt8(ascii: "["): end = closingBracket(offset, bytes, within: limit) + 1
        default:
            while end < bytes.count, bytes[end] > 0x20, !",:]}\"".utf8.contains(bytes[end]) { end += 1 }
        }
        let isCut = end - offset > limit
        let text = String(decoding: bytes[offset..<(isCut ? offset + limit : end)], as: UTF8.self)
        let printable = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(printable)) + (isCut ? "…" : "")
    }
}
