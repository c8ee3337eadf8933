import Schemas

/// Makes random JSON that is of its type by construction.
struct RandomValue {
    let schema: MeshSchema
    var generator: SeededGenerator
    /// Left to spend; beyond it everything that may be null or empty is.
    private var budget = 25

    init(_ schema: MeshSchema, seed: UInt64) {
        self.schema = schema
        generator = SeededGenerator(seed: seed)
    }

    mutating func object(_ fields: [FieldDefinition]) -> String {
        budget -= 1
        var members: [String] = []
        for field in generator.chance(70) ? fields : fields.shuffled(using: &generator) {
            if field.type.isNullable, budget < 0 || generator.chance(30) { continue }
            members.append("\"\(field.name)\"\(space()):\(space())\(value(field.type, field.constraints))")
        }
        return "{\(space())" + members.joined(separator: ",\(space())") + "}"
    }

    private mutating func space() -> String { generator.chance(10) ? [" ", "\n", "\t\r\n "][generator.below(3)] : "" }

    mutating func value(_ type: TypeReference, _ constraints: Constraints) -> String {
        if type.isNullable, budget < 0 || generator.chance(20) { return "null" }
        switch type.base {
        case .object(let name): return object(schema.type(name)?.fields ?? [])
        case .enumeration(let name):
            let values = schema.enumeration(name)?.values ?? []
            return "\"\(values[generator.below(values.count)].name)\""
        case .list(let element):
            var inner = constraints
            (inner.minimumLength, inner.maximumLength) = (nil, nil)
            let count = length(constraints, usual: budget < 0 ? 0 : generator.below(4))
            return "[" + (0..<count).map { _ in value(element, inner) }.joined(separator: ",") + "]"
        case .scalar(let scalar): return self.scalar(scalar, constraints)
        }
    }

    private mutating func length(_ constraints: Constraints, usual: Int) -> Int {
        min(max(usual, constraints.minimumLength ?? 0), constraints.maximumLength ?? .max)
    }

    private mutating func scalar(_ scalar: Scalar, _ constraints: Constraints) -> String {
        switch scalar {
        case .int: return number(constraints)
        case .long: return "\"\(number(constraints))\""
        case .float: return number(constraints) + (generator.chance(30) ? ".0" : "")
        case .decimal: return "\"\(number(constraints))\(generator.chance(30) ? ".00" : "")\""
        case .boolean: return generator.chance(50) ? "true" : "false"
        case .string, .id: return "\"\(text(constraints, isEmptyAllowed: scalar == .string))\""
        case .url:
            return constraints.pattern == nil
                ? "\"x:\(String(repeating: "a", count: max(1, length(constraints, usual: 8) - 2)))\"" : "\"a:b\""
        case .bytes:
            let count = length(constraints, usual: generator.below(6))
            return "\"" + String(repeating: "QUJD", count: count / 3) + ["", "QQ==", "QUI="][count % 3] + "\""
        case .uuid: return "\"0191e7c2-5b1f-7c3a-9d2e-4f5a6b7c8d9e\""
        case .date: return "\"20\(10 + generator.below(90))-0\(1 + generator.below(9))-1\(generator.below(10))\""
        case .time: return "\"1\(generator.below(10)):0\(generator.below(10)):59\(generator.chance(50) ? ".5" : "")\""
        case .dateTime: return "\"2026-11-21T13:05:00\(generator.chance(50) ? "Z" : "-03:30")\""
        case .duration: return ["\"PT1H30M\"", "\"P2W\"", "\"-PT0.25S\""][generator.below(3)]
        case .json, .void: return ["1", "\"x\"", "[1,null]", "{\"a\":{}}", "false"][generator.below(5)]
        }
    }

    /// A whole number within the bounds; the random bounds of `RandomSchema` always hold one.
    private mutating func number(_ constraints: Constraints) -> String {
        let low = constraints.minimum.flatMap(Double.init).map { Int($0.rounded(.up)) } ?? -1000
        let high = constraints.maximum.flatMap(Double.init).map { Int($0.rounded(.down)) } ?? 1000
        return String(low + generator.below(max(1, high - low + 1)))
    }

    private mutating func text(_ constraints: Constraints, isEmptyAllowed: Bool) -> String {
        // The patterns of `RandomSchema`.
        switch constraints.pattern {
        case "[a-z]+": return String(repeating: "a", count: max(1, length(constraints, usual: 3)))
        case "^\\d{2,4}\"$": return "123\\\""
        case "é|\\\\": return generator.chance(50) ? "\\u00e9" : "\\\\"
        default:
            let parts = [
                "a", "é", "😀", constraints.pattern == nil ? "\\n" : "\\t", "\\u00e9", "\\ud83d\\ude00", "\\\"", "/",
            ]
            let count = max(isEmptyAllowed ? 0 : 1, length(constraints, usual: generator.below(12)))
            return (0..<count).map { _ in parts[generator.below(parts.count)] }.joined()
        }
    }
}

extension FieldDefinition {
    /// Whether `RandomValue` can meet type, pattern and length together.
    var isMeetable: Bool {
        guard let pattern = constraints.pattern, pattern != ".*" else { return true }
        if type.innermost.base == .scalar(.url) { return false }
        let hasLength = constraints.minimumLength != nil || constraints.maximumLength != nil
        return !hasLength || type.listElement != nil || pattern == "[a-z]+"
    }
}
