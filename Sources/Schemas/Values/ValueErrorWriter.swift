/// Tells a finding of the validator in words. Off the hot path: only for values that are refused.
struct ValueErrorWriter {
    let bytes: UnsafeRawBufferPointer
    let shape: ValueShape

    func error(_ failure: ValueFailure) -> ValueError {
        let path = path(failure)
        return ValueError(
            rule: failure.rule, path: path, message: message(failure), value: value(failure), offset: failure.offset)
    }

    // MARK: Where

    private func path(_ failure: ValueFailure) -> String {
        let path = JSONPlace.path(of: failure.offset, in: bytes)
        let name: String? =
            switch failure.rule {
            case .missingField: failure.field >= 0 ? shape.fieldName(failure.field) : nil
            case .unknownField, .duplicateField: JSONPlace.string(at: failure.offset, in: bytes)
            default: nil
            }
        guard let name else { return path }
        return path.isEmpty ? name.shortened : "\(path).\(name.shortened)"
    }

    // MARK: What

    private func value(_ failure: ValueFailure) -> String? {
        switch failure.rule {
        case .missingField, .unknownField, .duplicateField: nil
        default: JSONPlace.excerpt(at: failure.offset, in: bytes)
        }
    }

    private func message(_ failure: ValueFailure) -> String {
        let node = failure.node >= 0 ? shape.nodes[Int(failure.node)] : nil
        let bounds = node.flatMap { $0.constraints >= 0 ? shape.bounds[Int($0.constraints)].source : nil }
        let found = JSONPlace.excerpt(at: failure.offset, in: bytes) ?? "nothing"
        switch failure.rule {
        case .malformed: return "isn't JSON: expected \(failure.what) at byte \(failure.offset), found \(found)"
        case .invalidUTF8: return "isn't UTF-8 at byte \(failure.offset)"
        case .unpairedSurrogate: return "has an unpaired surrogate at byte \(failure.offset): \(found)"
        case .nulCharacter: return "contains U+0000, which PostgreSQL can't store; remove it"
        case .tooDeep: return "is nested more than \(ValueShape.maximumDepth) deep"
        case .trailingData: return "is followed by something else at byte \(failure.offset): \(found)"
        case .numberTooLarge: return "is a number too large, too small or too long to be kept: \(found)"
        case .missingField: return "is missing"
        case .unknownField: return "is unknown" + known(failure, node)
        case .duplicateField: return "is given twice"
        case .unexpectedNull: return "must not be null"
        case .wrongType: return "must be \(wanted(node)), and is \(kind(failure.offset, node)): \(found)"
        case .outOfRange: return "must be \(wanted(node)), and is \(found)"
        case .wrongForm: return "must be \(wanted(node)), and is \(found)"
        case .unknownEnumValue: return "must be one of \(values(node)), and is \(found)"
        case .belowMinimum: return "must be at least \(bounds?.minimum ?? ""), and is \(found)"
        case .aboveMaximum: return "must be at most \(bounds?.maximum ?? ""), and is \(found)"
        case .tooShort: return "must have at least \(bounds?.minimumLength ?? 0) \(unit(node)): \(found)"
        case .tooLong: return "must have at most \(bounds?.maximumLength ?? 0) \(unit(node)): \(found)"
        case .patternMismatch: return "must match `\(bounds?.pattern?.shortened ?? "")`, and is \(found)"
        }
    }

    private func known(_ failure: ValueFailure, _ node: ValueShape.Node?) -> String {
        guard let node, node.kind == .object, let name = JSONPlace.string(at: failure.offset, in: bytes) else {
            return ""
        }
        let object = shape.objects[Int(node.target)]
        let names = (0..<object.fieldCount).map { shape.fieldName(object.firstField + $0) }
        let all = names.prefix(10).map { "`\($0)`" }.joined(separator: ", ") + (names.count > 10 ? ", …" : "")
        return Suggestion.phrase(
            for: name, among: names,
            else: names.isEmpty ? "; `\(object.name)` has no fields" : "; `\(object.name)` has \(all)")
    }

    private func values(_ node: ValueShape.Node?) -> String {
        guard let node, node.kind == .enumeration else { return "" }
        let values = shape.enumerations[Int(node.target)].values
        return values.prefix(10).map { "\"\(String(decoding: shape.names[$0], as: UTF8.self))\"" }.joined(
            separator: ", ")
            + (values.count > 10 ? ", …" : "")
    }

    private func unit(_ node: ValueShape.Node?) -> String {
        switch node?.kind {
        case .list: "items"
        case .bytes: "bytes"
        default: "characters"
        }
    }

    private func kind(_ offset: Int, _ node: ValueShape.Node?) -> String {
        switch offset < bytes.count ? bytes[offset] : 0 {
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "["): "a list"
        case UInt8(ascii: "\""): "a string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
        default: node?.kind == .int ? "no whole number" : "a number"
        }
    }

    private func wanted(_ node: ValueShape.Node?) -> String {
        guard let node else { return "another value" }
        return switch node.kind {
        case .string: "a string"
        case .int: "a whole number of 32 bits (Int)"
        case .long: "a whole number of 64 bits in a string, such as \"123\" (Long)"
        case .float: "a number (Float)"
        case .boolean: "true or false"
        case .id: "a string that isn't empty (ID)"
        case .uuid: "a UUID such as \"0191e7c2-5b1f-7c3a-9d2e-4f5a6b7c8d9e\""
        case .decimal: "a decimal number of at most 38 digits in a string, such as \"12.50\" (Decimal)"
        case .date: "a date such as \"2026-11-21\""
        case .time: "a time of day such as \"13:05:00\""
        case .dateTime:
            "a date and time with offset such as \"2026-11-21T13:05:00Z\", in UTC from year 1 to 9999 (DateTime)"
        case .duration: "a duration such as \"PT1H30M\" (no years or months)"
        case .url: "an absolute URL such as \"https://example.org/\""
        case .bytes: "bytes in base64 with padding"
        case .json: "any JSON value"
        case .object: "an object (\(shape.objects[Int(node.target)].name))"
        case .enumeration: "a string: one of \(values(node))"
        case .list: "a list"
        }
    }
}
