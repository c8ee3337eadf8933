/// The names of an AsyncAPI document's parts: many tools make identifiers of them, so that they have no dots.
struct AsyncAPINames {
    let channels: [String: String]
    let messages: [String: String]
    /// Of components other than the schema's own types, which keep their names.
    let schemas: [String: String]
    let operations: [String: String]

    init(_ schema: MeshSchema, _ messages: [AsyncAPIMessage]) {
        channels = AsyncAPINames.unique(messages.map(\.topic))
        self.messages = AsyncAPINames.unique(messages.map(\.name))
        operations = AsyncAPINames.unique(schema.services.flatMap { $0.methods.map(\.shortName) })
        let own = schema.types.map(\.name) + schema.enums.map(\.name)
        schemas = AsyncAPINames.unique(
            own + schema.types.map { AsyncAPINames.received($0.name) }
                + schema.exposedMethods.map { AsyncAPINames.arguments(of: $0.method) })
    }

    /// What a type as handlers read it is known by here.
    static func received(_ type: String) -> String { type + ".received" }

    /// What a call's arguments are known by here.
    static func arguments(of method: MethodSchema) -> String { method.shortName + ".arguments" }

    /// Each name without dots; of those that meet, the later ones get underscores.
    private static func unique(_ names: [String]) -> [String: String] {
        var identifiers: [String: String] = [:]
        var taken: Set<String> = []
        for name in names where identifiers[name] == nil {
            var identifier = String(name.map { $0 == "." || $0 == "/" ? "_" : $0 })
            while !taken.insert(identifier).inserted { identifier += "_" }
            identifiers[name] = identifier
        }
        return identifiers
    }
}
