/// Reads JSON once, from left to right, against a shape. The hot path of every message: pointers, no allocation, no tree.
///
/// The pointers are those of the shape's arrays and of the caller's buffer; they live for one call of `ValueShape.validate`.
struct ValueValidator {
    let base: UnsafePointer<UInt8>
    let count: Int
    var position = 0
    let nodes: UnsafeBufferPointer<ValueShape.Node>
    let objects: UnsafeBufferPointer<ValueShape.Object>
    let fields: UnsafeBufferPointer<ValueShape.Field>
    let names: UnsafeBufferPointer<UInt8>
    let shape: ValueShape
    let ignoresUnknown: Bool
    private var anyNames = ObjectNames()

    init(
        _ bytes: UnsafeRawBufferPointer, nodes: UnsafeBufferPointer<ValueShape.Node>,
        objects: UnsafeBufferPointer<ValueShape.Object>, fields: UnsafeBufferPointer<ValueShape.Field>,
        names: UnsafeBufferPointer<UInt8>, shape: ValueShape
    ) {
        let empty = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        let bound = bytes.baseAddress == nil ? empty : bytes.assumingMemoryBound(to: UInt8.self)
        // An empty buffer may have no address; nothing is read from it then.
        base = bound.baseAddress ?? UnsafePointer(bitPattern: 8).unsafelyUnwrapped
        count = bytes.count
        self.nodes = nodes
        self.objects = objects
        self.fields = fields
        self.names = names
        self.shape = shape
        ignoresUnknown = shape.unknownFields == .ignore
    }

    mutating func validate() throws(ValueFailure) {
        try value(shape.root, depth: 0)
        skipSpace()
        if position < count { throw ValueFailure(rule: .trailingData, offset: position) }
    }

    // MARK: Characters

    /// The byte at the position; 0 at the end, which no token begins with.
    var current: UInt8 {
        @inline(__always) get { position < count ? base[position] : 0 }
    }

    @inline(__always)
    mutating func skipSpace() {
        while position < count, base[position] <= 0x20 {
            let byte = base[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    @inline(__always)
    mutating func take(_ character: UInt8) -> Bool {
        guard position < count, base[position] == character else { return false }
        position += 1
        return true
    }

    func malformed(_ what: StaticString) -> ValueFailure {
        ValueFailure(rule: .malformed, offset: position, what: what)
    }

    @inline(__always)
    mutating func word(_ word: StaticString) throws(ValueFailure) {
        let length = word.utf8CodeUnitCount
        guard position + length <= count else { throw malformed("a value") }
        for index in 0..<length where base[position + index] != word.utf8Start[index] { throw malformed("a value") }
        position += length
    }

    // MARK: Values

    mutating func value(_ index: Int32, depth: Int) throws(ValueFailure) {
        skipSpace()
        let node = nodes[Int(index)]
        if current == UInt8(ascii: "n") {
            let start = position
            try word("null")
            if !node.isNullable { throw ValueFailure(rule: .unexpectedNull, offset: start, node: index) }
            return
        }
        switch node.kind {
        case .object: try object(index, node.target, depth: depth)
        case .list: try list(index, node, depth: depth)
        case .string, .id, .uuid, .date, .time, .dateTime, .duration, .url, .bytes, .decimal, .long:
            try text(index, node)
        case .enumeration: try enumeration(index, node)
        case .int: try int(index, node)
        case .float: try float(index, node)
        case .boolean: try boolean(index)
        case .json: try anything(depth: depth)
        }
    }

    /// The failure for a value of another JSON type, or for what is no value at all.
    func wrongType(_ node: Int32) -> ValueFailure {
        switch current {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "t"), UInt8(ascii: "f"):
            ValueFailure(rule: .wrongType, offset: position, node: node)
        default: malformed("a value")
        }
    }

    private mutating func boolean(_ node: Int32) throws(ValueFailure) {
        switch current {
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        default: throw wrongType(node)
        }
    }

    private mutating func list(_ index: Int32, _ node: ValueShape.Node, depth: Int) throws(ValueFailure) {
        let start = position
        guard take(UInt8(ascii: "[")) else { throw wrongType(index) }
        guard depth < ValueShape.maximumDepth else { throw ValueFailure(rule: .tooDeep, offset: start) }
        var items = 0
        skipSpace()
        if !take(UInt8(ascii: "]")) {
            repeat {
                try value(node.target, depth: depth + 1)
                items += 1
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw malformed("`,` or `]`") }
        }
        if node.constraints >= 0 { try checkLength(items, node.constraints, start, index) }
    }

    func checkLength(_ length: Int, _ bounds: Int32, _ start: Int, _ node: Int32) throws(ValueFailure) {
        let bounds = shape.bounds[Int(bounds)]
        if length < bounds.minimumLength { throw ValueFailure(rule: .tooShort, offset: start, node: node) }
        if length > bounds.maximumLength { throw ValueFailure(rule: .tooLong, offset: start, node: node) }
    }

    // MARK: Objects

    private mutating func object(_ node: Int32, _ target: Int32, depth: Int) throws(ValueFailure) {
        let start = position
        guard take(UInt8(ascii: "{")) else { throw wrongType(node) }
        guard depth < ValueShape.maximumDepth else { throw ValueFailure(rule: .tooDeep, offset: start) }
        let firstField = Int(objects[Int(target)].firstField)
        let fieldCount = Int(objects[Int(target)].fieldCount)
        var present = PresenceMask()
        var expected = 0
        skipSpace()
        if !take(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                let key = position
                let field = try fieldIndex(firstField, fieldCount, expected)
                skipSpace()
                guard take(UInt8(ascii: ":")) else { throw malformed("`:`") }
                if field < 0 {
                    if !ignoresUnknown { throw ValueFailure(rule: .unknownField, offset: key, node: node) }
                    try anything(depth: depth + 1)
                } else {
                    if present.contains(field) { throw ValueFailure(rule: .duplicateField, offset: key, node: node) }
                    present.insert(field)
                    expected = field + 1
                    try value(fields[firstField + field].node, depth: depth + 1)
                }
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw malformed("`,` or `}`") }
        }
        if let missing = objects[Int(target)].required.firstMissing(in: present, count: fieldCount) {
            throw ValueFailure(rule: .missingField, offset: start, node: node, field: Int32(firstField + missing))
        }
    }

    /// Reads a key and returns the number of its field; -1 where the object has none of this name. Fields usually come in the
    /// order of the type, so the one after the last is tried first, without looking for the end of the string.
    @inline(__always)
    private mutating func fieldIndex(_ first: Int, _ fieldCount: Int, _ expected: Int) throws(ValueFailure) -> Int {
        guard current == UInt8(ascii: "\"") else { throw malformed("a field name in double quotes") }
        if expected < fieldCount {
            let field = fields[first + expected]
            let length = Int(field.nameLength)
            if position + length + 2 <= count, base[position + 1 + length] == UInt8(ascii: "\""),
                equals(field, base + position + 1, length)
            {
                position += length + 2
                return expected
            }
        }
        return try slowFieldIndex(first, fieldCount)
    }

    @inline(__always)
    private func equals(_ field: ValueShape.Field, _ text: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        guard Int(field.nameLength) == length else { return false }
        let start = Int(field.nameOffset)
        for index in 0..<length where names[start + index] != text[index] { return false }
        return true
    }

    private mutating func slowFieldIndex(_ first: Int, _ fieldCount: Int) throws(ValueFailure) -> Int {
        let span = try string()
        if span.hasEscapes {
            let name = JSONScanner.unescaped(UnsafeRawBufferPointer(start: base + span.start, count: span.count))
            return name.withUnsafeBufferPointer { name in
                guard let start = name.baseAddress else { return -1 }
                return find(start, name.count, first, fieldCount)
            }
        }
        return find(base + span.start, span.count, first, fieldCount)
    }

    private func find(_ text: UnsafePointer<UInt8>, _ length: Int, _ first: Int, _ fieldCount: Int) -> Int {
        for index in 0..<fieldCount where equals(fields[first + index], text, length) { return index }
        return -1
    }

    // MARK: Any JSON

    /// Any JSON value; what it may hold is what PostgreSQL's `jsonb` can store.
    mutating func anything(depth: Int) throws(ValueFailure) {
        skipSpace()
        switch current {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"): try anyObject(depth: depth)
        case UInt8(ascii: "["): try anyList(depth: depth)
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try finiteNumber()
        default: throw malformed("a value")
        }
    }

    private mutating func anyObject(depth: Int) throws(ValueFailure) {
        guard depth < ValueShape.maximumDepth else { throw ValueFailure(rule: .tooDeep, offset: position) }
        position += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return }
        let text = UnsafeRawBufferPointer(start: base, count: count)
        let firstName = anyNames.count
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw malformed("a field name in double quotes") }
            anyNames.append(try string(), in: text)
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw malformed("`:`") }
            try anything(depth: depth + 1)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw malformed("`,` or `}`") }
        // Readers disagree about which of them counts.
        if let twice = anyNames.close(from: firstName, in: text) {
            throw ValueFailure(rule: .duplicateField, offset: twice)
        }
    }

    private mutating func anyList(depth: Int) throws(ValueFailure) {
        guard depth < ValueShape.maximumDepth else { throw ValueFailure(rule: .tooDeep, offset: position) }
        position += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return }
        repeat {
            try anything(depth: depth + 1)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw malformed("`,` or `]`") }
    }
}
