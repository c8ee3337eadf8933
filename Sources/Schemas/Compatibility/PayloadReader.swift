/// Finds a schema's types by name.
struct TypeLookup {
    var type: (String) -> ObjectType?
    var enumeration: (String) -> EnumType?
}

extension MeshSchema {
    var lookup: TypeLookup { TypeLookup(type: { self.type($0) }, enumeration: { self.enumeration($0) }) }
}

extension [String: ObjectType] {
    func lookup(_ enums: [EnumType]) -> TypeLookup {
        TypeLookup(type: { self[$0] }, enumeration: { name in enums.first { $0.name == name } })
    }
}

/// Decides whether all values of one schema's type can be read as a type of another one.
///
/// Names of types don't matter, only their shape. The reader may leave fields out (unless it refuses unknown ones), may expect nullable
/// ones that are never sent, and may take more than is sent (`String` for an `ID`); it may not need what can be missing.
struct PayloadReader {
    /// More are not looked for.
    private static let maximumMismatches = 50

    let writer: TypeLookup
    let reader: TypeLookup
    /// True where the reader refuses fields it doesn't know: arguments of calls, stored state.
    var refusesUnknown = false

    /// What stands in the way, as half a sentence; nil where every value can be read.
    func mismatch(_ writerType: String, readAs readerType: String) -> String? {
        mismatches(writerType, readAs: readerType).first
    }

    /// All that stands in the way, each as half a sentence.
    func mismatches(_ writerType: String, readAs readerType: String) -> [String] {
        var comparison = Comparison(writer: writer, reader: reader, refusesUnknown: refusesUnknown)
        comparison.objects(writerType, readerType, path: "")
        return comparison.mismatches
    }

    /// As above for the arguments of a method.
    func mismatches(_ written: [FieldDefinition], readAs read: [FieldDefinition]) -> [String] {
        var comparison = Comparison(writer: writer, reader: reader, refusesUnknown: refusesUnknown)
        comparison.fields(written, read, path: "")
        return comparison.mismatches
    }

    /// As above for two uses of types.
    func mismatches(_ written: TypeReference, readAs read: TypeReference, path: String) -> [String] {
        var comparison = Comparison(writer: writer, reader: reader, refusesUnknown: refusesUnknown)
        comparison.types(written, read, path: path)
        return comparison.mismatches
    }

    private struct Comparison {
        let writer: TypeLookup
        let reader: TypeLookup
        let refusesUnknown: Bool
        /// Pairs that are compared already, which ends recursion.
        var visited: Set<[String]> = []
        var mismatches: [String] = []

        mutating func add(_ mismatch: String) {
            if mismatches.count < PayloadReader.maximumMismatches { mismatches.append(mismatch) }
        }

        mutating func objects(_ written: String, _ read: String, path: String) {
            guard visited.insert([written, read]).inserted, let writtenType = writer.type(written),
                let readType = reader.type(read)
            else { return }
            fields(writtenType.fields, readType.fields, path: path)
        }

        mutating func fields(_ written: [FieldDefinition], _ read: [FieldDefinition], path: String) {
            let inner = { (name: String) in path.isEmpty ? name : "\(path).\(name)" }
            for field in read {
                if let source = written.first(where: { $0.name == field.name }) {
                    types(source.type, field.type, path: inner(field.name))
                    constraints(source.constraints, field.constraints, path: inner(field.name))
                    lengths(source, field, path: inner(field.name))
                } else if !field.type.isNullable {
                    add("`\(inner(field.name))` is required and not sent")
                }
            }
            guard refusesUnknown else { return }
            for field in written where !read.contains(where: { $0.name == field.name }) {
                add("`\(inner(field.name))` can be sent and isn't known any more")
            }
        }

        mutating func types(_ written: TypeReference, _ read: TypeReference, path: String) {
            if written.isNullable, !read.isNullable {
                return add("`\(path)` can be null (`\(written)`) and is read as `\(read)`")
            }
            switch (written.base, read.base) {
            case (_, .scalar(.json)) where !written.isVoid: return
            case (.scalar(let from), .scalar(let to)) where from == to || Comparison.widens(from, to): return
            case (.enumeration(let from), .enumeration(let to)): enums(from, to, path: path)
            case (.enumeration, .scalar(.string)): return
            case (.list(let from), .list(let to)): types(from, to, path: path + "[]")
            case (.object(let from), .object(let to)): objects(from, to, path: path)
            default: add("`\(path)` is sent as `\(written)` and read as `\(read)`")
            }
        }

        /// Whether each JSON value of `from` is one of `to` too.
        private static func widens(_ from: Scalar, _ to: Scalar) -> Bool {
            switch to {
            case .string:
                [.id, .uuid, .long, .decimal, .date, .time, .dateTime, .duration, .url, .bytes].contains(from)
            case .id: [.uuid, .long, .decimal, .date, .time, .dateTime, .duration, .url].contains(from)
            case .float: from == .int
            case .decimal: from == .long
            default: false
            }
        }

        private mutating func enums(_ from: String, _ to: String, path: String) {
            guard visited.insert([from, to]).inserted, let from = writer.enumeration(from),
                let to = reader.enumeration(to)
            else { return }
            let known = Set(to.values.map(\.name))
            for value in from.values where !known.contains(value.name) {
                add("`\(path)` can be `\(value.name)`, which the reader's `\(to.name)` doesn't know")
            }
        }

        private mutating func constraints(_ written: Constraints, _ read: Constraints, path: String) {
            if let minimum = read.minimum, written.minimum.map({ Comparison.isBelow($0, minimum) }) ?? true {
                add("`\(path)` is read with `@min(\(minimum))`, and less can be sent")
            }
            if let maximum = read.maximum, written.maximum.map({ Comparison.isBelow(maximum, $0) }) ?? true {
                add("`\(path)` is read with `@max(\(maximum))`, and more can be sent")
            }
            if let pattern = read.pattern, pattern != written.pattern {
                add("`\(path)` is read with another `@pattern`")
            }
        }

        private mutating func lengths(_ written: FieldDefinition, _ read: FieldDefinition, path: String) {
            let isEncoded = written.type.base == .scalar(.bytes) && read.type.base != .scalar(.bytes)
            let count = isEncoded ? Comparison.base64Length : { $0 }
            let least = count(max(written.constraints.minimumLength ?? 0, Comparison.leastLength(of: written.type)))
            if let minimum = read.constraints.minimumLength, minimum > least {
                add("`\(path)` is read with `@length(min: \(minimum))`, and less can be sent")
            }
            if let maximum = read.constraints.maximumLength,
                maximum < written.constraints.maximumLength.map(count) ?? .max
            {
                add("`\(path)` is read with `@length(max: \(maximum))`, and more can be sent")
            }
        }

        /// The length that values of a type have at least, whatever is declared.
        private static func leastLength(of type: TypeReference) -> Int {
            switch type.base {
            case .list, .object, .scalar(.string), .scalar(.bytes), .scalar(.json), .scalar(.void): 0
            case .scalar, .enumeration: 1
            }
        }

        /// The characters of bytes that are read as a text.
        private static func base64Length(of bytes: Int) -> Int {
            (bytes + 2) / 3 * 4
        }

        private static func isBelow(_ left: String, _ right: String) -> Bool {
            guard let left = DecimalText(left), let right = DecimalText(right) else { return false }
            return left < right
        }
    }
}
