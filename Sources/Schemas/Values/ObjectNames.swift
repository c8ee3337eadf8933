/// The names of the objects that are open within `JSON`, those of the innermost last: to find one that is given twice.
///
/// Few names are compared each with each, many are sorted first: nobody's object takes time that grows with its square.
struct ObjectNames {
    struct Name {
        /// Where its bytes begin: in the value, or behind its end in `unescaped`. A value has far less than 4 GiB.
        var start: UInt32
        var count: UInt32
        /// Where it stands in the value.
        var offset: UInt32
    }

    private var stack: [Name] = []
    /// Names that are written with escapes, without them.
    private var unescaped: [UInt8] = []
    private static let fewNames = 8

    var count: Int { stack.count }

    @inline(__always)
    mutating func append(_ name: ValueValidator.StringSpan, in text: UnsafeRawBufferPointer) {
        let offset = UInt32(truncatingIfNeeded: name.start - 1)
        guard name.hasEscapes else {
            let start = UInt32(truncatingIfNeeded: name.start)
            stack.append(Name(start: start, count: UInt32(truncatingIfNeeded: name.count), offset: offset))
            return
        }
        let bytes = JSONScanner.unescaped(
            UnsafeRawBufferPointer(rebasing: text[name.start..<(name.start + name.count)]))
        let start = UInt32(truncatingIfNeeded: text.count + unescaped.count)
        stack.append(Name(start: start, count: UInt32(truncatingIfNeeded: bytes.count), offset: offset))
        unescaped += bytes
    }

    /// Closes an object whose names begin at `first`: where one of them stands for the second time, if one does.
    mutating func close(from first: Int, in text: UnsafeRawBufferPointer) -> Int? {
        let count = stack.count - first
        if count == 0 { return nil }
        let twice = unescaped.withUnsafeBytes { unescaped in
            let bytes = NameBytes(text: text, unescaped: unescaped)
            return count <= ObjectNames.fewNames
                ? bytes.firstTwice(stack[first...]) : bytes.twice(sorting: Array(stack[first...]))
        }
        stack.removeLast(count)
        if stack.isEmpty { unescaped.removeAll(keepingCapacity: true) }
        return twice
    }
}

/// What names are compared by.
private struct NameBytes {
    let text: UnsafeRawBufferPointer
    let unescaped: UnsafeRawBufferPointer

    func firstTwice(_ names: ArraySlice<ObjectNames.Name>) -> Int? {
        for index in names.indices.dropFirst() {
            for other in names.startIndex..<index where names[other].count == names[index].count {
                if order(names[other], names[index]) == 0 { return Int(names[index].offset) }
            }
        }
        return nil
    }

    func twice(sorting names: [ObjectNames.Name]) -> Int? {
        let sorted = names.sorted { order($0, $1) < 0 }
        for (left, right) in zip(sorted, sorted.dropFirst()) where order(left, right) == 0 {
            return Int(max(left.offset, right.offset))
        }
        return nil
    }

    /// Shorter ones first, then byte for byte.
    private func order(_ left: ObjectNames.Name, _ right: ObjectNames.Name) -> Int {
        if left.count != right.count { return left.count < right.count ? -1 : 1 }
        let (one, other) = (bytes(of: left), bytes(of: right))
        for index in 0..<Int(left.count) where one[index] != other[index] { return one[index] < other[index] ? -1 : 1 }
        return 0
    }

    @inline(__always)
    private func bytes(of name: ObjectNames.Name) -> UnsafeRawBufferPointer {
        let (start, count) = (Int(name.start), Int(name.count))
        return start < text.count
            ? UnsafeRawBufferPointer(rebasing: text[start..<(start + count)])
            : UnsafeRawBufferPointer(rebasing: unescaped[(start - text.count)..<(start - text.count + count)])
    }
}
