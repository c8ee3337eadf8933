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
/// Names of types don't matter, only their shape. The reader may leave fields out, may expect nullable ones that are never sent, and may
/// take more than is sent (`String` for an `ID`); it may not need what can be missing.
struct PayloadReader {
    let writer: TypeLookup
    let reader: TypeLookup

    /// What stands in the way, as half a sentence; nil where every value can be read.
    func mismatch(_ writerType: String, readAs readerType: String) -> String? {
        var comparison = Comparison(writer: writer, reader: reader)
        return comparison.objects(writerType, readerType, path: "")
    }

    /// As above for two uses of types.
    func mismatch(_ written: FieldDefinition, readAs read: FieldDefinition) -> String? {
        var comparison = Comparison(writer: writer, reader: reader)
        return comparison.fields(written, read, path: written.name)
    }

    private struct Comparison {
        let writer: TypeLookup
        let reader: TypeLookup
        /// Pairs that are compared already, which ends recursion.
        var visited: Set<[String]> = []

        mutating func objects(_ written: String, _ read: String, path: String) -> String? {
            guard visited.insert([written, read]).inserted else { return nil }
            guard let writtenType = writer.type(written), let readType = reader.type(read) else { return nil }
            for field in readType.fields {
                let inner = path.isEmpty ? field.name : "\(path).\(field.name)"
                guard let source = writtenType.field(field.name) else {
                    if field.type.isNullable { continue }
                    return "`\(inner)` is required and not sent"
                }
                if let mismatch = fields(source, field, path: inner) { return mismatch }
            }
            return nil
        }

        mutating func fields(_ written: FieldDefinition, _ read: FieldDefinition, path: String) -> String? {
            types(written.type, read.type, path: path) ?? constraints(written.constraints, read.constraints, path: path)
        }

        mutating func types(_ written: TypeReference, _ read: TypeReference, path: String) -> String? {
            if written.isNullable, !read.isNullable, !read.isVoid {
                return "`\(path)` can be null (`\(written)`) and is read as `\(read)`"
            }
            switch (written.base, read.base) {
            case (_, .scalar(.json)) where !written.isVoid: return nil
            case (.scalar(let from), .scalar(let to)):
                return from == to || Comparison.widens(from, to) ? nil : difference(written, read, path)
            case (.enumeration(let from), .enumeration(let to)): return enums(from, to, path: path)
            case (.enumeration, .scalar(.string)): return nil
            case (.list(let from), .list(let to)): return types(from, to, path: path + "[]")
            case (.object(let from), .object(let to)): return objects(from, to, path: path)
            default: return difference(written, read, path)
            }
        }

        private func difference(_ written: TypeReference, _ read: TypeReference, _ path: String) -> String {
            "`\(path)` is sent as `\(written)` and read as `\(read)`"
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

        private func enums(_ from: String, _ to: String, path: String) -> String? {
            guard let from = writer.enumeration(from), let to = reader.enumeration(to) else { return nil }
            let known = Set(to.values.map(\.name))
            return from.values.first { !known.contains($0.name) }.map {
                "`\(path)` can be `\($0.name)`, which `\(to.name)` doesn't know"
            }
        }

        private func constraints(_ written: Constraints, _ read: Constraints, path: String) -> String? {
            func isBelow(_ left: String?, _ right: String) -> Bool {
                guard let left = left.flatMap({ DecimalText($0) }), let right = DecimalText(right) else { return true }
                return left < right
            }
            func isAbove(_ left: String?, _ right: String) -> Bool {
                guard let left = left.flatMap({ DecimalText($0) }), let right = DecimalText(right) else { return true }
                return left > right
            }
            if let minimum = read.minimum, isBelow(written.minimum, minimum) {
                return "`\(path)` is read with `@min(\(minimum))`, and less can be sent"
            }
            if let maximum = read.maximum, isAbove(written.maximum, maximum) {
                return "`\(path)` is read with `@max(\(maximum))`, and more can be sent"
            }
            if let minimum = read.minimumLength, minimum > written.minimumLength ?? 0 {
                return "`\(path)` is read with `@length(min: \(minimum))`, and less can be sent"
            }
            if let maximum = read.maximumLength, maximum < written.maximumLength ?? .max {
                return "`\(path)` is read with `@length(max: \(maximum))`, and more can be sent"
            }
            if let pattern = read.pattern, pattern != written.pattern {
                return "`\(path)` is read with another `@pattern`"
            }
            return nil
        }
    }
}
