/// A type made ready for checking JSON against it: flat tables, built once per type.
///
/// Checking reads the bytes once, allocates nothing for a valid value, and makes no tree.
package final class ValueShape: Sendable {
    /// Arrays and objects in one another.
    package static let maximumDepth = 64
    /// Characters of one number, as it is and written out without an exponent. The least 64-bit float has 326, with 17 digits 342.
    package static let maximumNumberLength = 512
    /// A number without an exponent and with no more characters than this is neither beyond a 64-bit float nor as good as zero.
    static let plainNumberLength = 300
    /// Larger exponents (of zero, as all else is bounded by the float) are beyond what Postgres reads.
    static let exponentBound = 100_000

    /// What to do with fields that the type doesn't have.
    package enum UnknownFields: Sendable {
        /// For calls, answers and state: a slip of the pen.
        case refuse
        /// For events at their handlers: the emitter may know more.
        case ignore
    }

    struct Node {
        enum Kind: UInt8 {
            case string, int, long, float, boolean, id, uuid, decimal, date, time, dateTime, duration, url, bytes, json
            /// `target` is the index of the object.
            case object
            /// `target` is the index of the enum.
            case enumeration
            /// `target` is the node of the element.
            case list
        }

        var kind: Kind
        var isNullable: Bool
        var target: Int32 = -1
        /// The index of its constraints; -1 for none.
        var constraints: Int32 = -1
    }

    struct Object {
        var name: String
        var firstField: Int32
        var fieldCount: Int32
        /// Bit n is set where field n must be there.
        var required: PresenceMask
    }

    struct Field {
        var nameOffset: Int32
        var nameLength: Int32
        var node: Int32
    }

    struct Enumeration {
        var name: String
        /// Ranges in the pool of names.
        var values: [Range<Int>]
    }

    struct Bounds {
        var source: Constraints
        var minimum: DecimalText?
        var maximum: DecimalText?
        var wholeMinimum: Int64
        var wholeMaximum: Int64
        var minimumLength: Int
        var maximumLength: Int
        var pattern: Pattern?

        /// True where characters must be counted or matched.
        var concernsText: Bool { minimumLength > 0 || maximumLength < .max || pattern != nil }
        var concernsNumber: Bool { minimum != nil || maximum != nil }
    }

    let nodes: [Node]
    let objects: [Object]
    let fields: [Field]
    let enumerations: [Enumeration]
    let bounds: [Bounds]
    /// The UTF-8 of all names, one behind the other.
    let names: [UInt8]
    let root: Int32
    let unknownFields: UnknownFields
    /// True for an answer that may be null although its type is an object: then `{"value":null}` is one, too.
    let acceptsNullAnswer: Bool

    init(_ builder: ValueShapeBuilder, root: Int32, unknownFields: UnknownFields, acceptsNullAnswer: Bool = false) {
        nodes = builder.nodes
        objects = builder.objects
        fields = builder.fields
        enumerations = builder.enumerations
        bounds = builder.bounds
        names = builder.names
        self.root = root
        self.unknownFields = unknownFields
        self.acceptsNullAnswer = acceptsNullAnswer
    }

    func fieldName(_ index: Int32) -> String {
        let field = fields[Int(index)]
        let start = Int(field.nameOffset)
        return String(decoding: names[start..<start + Int(field.nameLength)], as: UTF8.self)
    }
}

/// One bit per field of an object.
struct PresenceMask {
    /// Enough for `SchemaLimits.fields`.
    private var words: InlineArray<8, UInt64> = .init(repeating: 0)

    @inline(__always)
    func contains(_ index: Int) -> Bool { words[index >> 6] & (1 << UInt64(index & 63)) != 0 }

    @inline(__always)
    mutating func insert(_ index: Int) { words[index >> 6] |= 1 << UInt64(index & 63) }

    /// The first bit of `self` that `other` lacks, among the first `count`.
    @inline(__always)
    func firstMissing(in other: borrowing PresenceMask, count: Int) -> Int? {
        for word in 0..<(count + 63) >> 6 {
            let missing = words[word] & ~other.words[word]
            if missing != 0 { return word << 6 + missing.trailingZeroBitCount }
        }
        return nil
    }
}
