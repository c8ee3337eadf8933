/// Flattens types of a schema into the tables of a `ValueShape`.
struct ValueShapeBuilder {
    let schema: MeshSchema
    private(set) var nodes: [ValueShape.Node] = []
    private(set) var objects: [ValueShape.Object] = []
    private(set) var fields: [ValueShape.Field] = []
    private(set) var enumerations: [ValueShape.Enumeration] = []
    private(set) var bounds: [ValueShape.Bounds] = []
    private(set) var names: [UInt8] = []
    private var objectIndex: [String: Int32] = [:]
    private var enumIndex: [String: Int32] = [:]
    /// Types whose fields aren't flattened yet; a queue, so that a long chain of types needs no stack.
    private var pending: [(type: ObjectType, index: Int)] = []

    init(_ schema: MeshSchema) { self.schema = schema }

    /// Adds a node for a use of a type, and all that it needs.
    mutating func add(_ type: TypeReference, _ constraints: Constraints = Constraints()) -> Int32 {
        let node = node(type, constraints)
        while let next = pending.popLast() { flatten(next.type.fields, into: next.index) }
        return node
    }

    /// Adds an object that isn't a declared type: the arguments of a method.
    mutating func addObject(_ name: String, _ fields: [FieldDefinition]) -> Int32 {
        let index = objects.count
        objects.append(ValueShape.Object(name: name, firstField: 0, fieldCount: 0, required: PresenceMask()))
        nodes.append(ValueShape.Node(kind: .object, isNullable: false, target: Int32(index)))
        let node = Int32(nodes.count - 1)
        flatten(fields, into: index)
        while let next = pending.popLast() { flatten(next.type.fields, into: next.index) }
        return node
    }

    private mutating func flatten(_ definitions: [FieldDefinition], into index: Int) {
        let uses = definitions.map { node($0.type, $0.constraints) }
        objects[index].firstField = Int32(fields.count)
        objects[index].fieldCount = Int32(definitions.count)
        for (position, definition) in definitions.enumerated() {
            let name = addName(definition.name)
            fields.append(
                ValueShape.Field(
                    nameOffset: Int32(name.lowerBound), nameLength: Int32(name.count), node: uses[position]))
            if !definition.type.isNullable { objects[index].required.insert(position) }
        }
    }

    private mutating func addName(_ name: String) -> Range<Int> {
        let start = names.count
        names += name.utf8
        return start..<names.count
    }

    private mutating func node(_ type: TypeReference, _ constraints: Constraints) -> Int32 {
        var node = ValueShape.Node(kind: .json, isNullable: type.isNullable)
        switch type.base {
        case .scalar(let scalar):
            node.kind = ValueShapeBuilder.kind(scalar)
            node.constraints = addBounds(constraints)
        case .enumeration(let name):
            node.kind = .enumeration
            node.target = enumeration(name)
        case .object(let name):
            node.kind = .object
            node.target = object(name)
        case .list(let element):
            // The length counts the items of the outermost list; the rest is for what is innermost.
            node.kind = .list
            var inner = constraints
            (inner.minimumLength, inner.maximumLength) = (nil, nil)
            node.target = self.node(element, inner)
            node.constraints = addBounds(
                Constraints(minimumLength: constraints.minimumLength, maximumLength: constraints.maximumLength))
        }
        nodes.append(node)
        return Int32(nodes.count - 1)
    }

    private static func kind(_ scalar: Scalar) -> ValueShape.Node.Kind {
        switch scalar {
        case .string: .string
        case .int: .int
        case .long: .long
        case .float: .float
        case .boolean: .boolean
        case .id: .id
        case .uuid: .uuid
        case .decimal: .decimal
        case .date: .date
        case .time: .time
        case .dateTime: .dateTime
        case .duration: .duration
        case .url: .url
        case .bytes: .bytes
        case .json, .void: .json
        }
    }

    private mutating func object(_ name: String) -> Int32 {
        if let index = objectIndex[name] { return index }
        let index = objects.count
        objects.append(ValueShape.Object(name: name, firstField: 0, fieldCount: 0, required: PresenceMask()))
        objectIndex[name] = Int32(index)
        if let type = schema.type(name) { pending.append((type, index)) }
        return Int32(index)
    }

    private mutating func enumeration(_ name: String) -> Int32 {
        if let index = enumIndex[name] { return index }
        let values = (schema.enumeration(name)?.values ?? []).map { addName($0.name) }
        enumerations.append(ValueShape.Enumeration(name: name, values: values))
        enumIndex[name] = Int32(enumerations.count - 1)
        return Int32(enumerations.count - 1)
    }

    private mutating func addBounds(_ constraints: Constraints) -> Int32 {
        guard !constraints.isEmpty else { return -1 }
        let minimum = constraints.minimum.flatMap { DecimalText($0) }
        let maximum = constraints.maximum.flatMap { DecimalText($0) }
        bounds.append(
            ValueShape.Bounds(
                source: constraints, minimum: minimum, maximum: maximum,
                // Whole numbers have whole bounds, in whatever way they are written: `1e3` and `5.0` as well.
                wholeMinimum: minimum?.int64 ?? .min, wholeMaximum: maximum?.int64 ?? .max,
                minimumLength: constraints.minimumLength ?? 0, maximumLength: constraints.maximumLength ?? .max,
                pattern: constraints.pattern.flatMap { try? Pattern($0) }))
        return Int32(bounds.count - 1)
    }
}
