extension MeshSchema {
    /// What the router offers: the methods that can be called, with their services.
    var exposedMethods: [(service: ServiceSchema, method: MethodSchema)] {
        services.flatMap { service in service.methods.filter(\.isExposed).map { (service, $0) } }
    }

    /// The names of the types and enums that values of `uses` are made of.
    func names(reachableFrom uses: [TypeReference]) -> Set<String> {
        var names: Set<String> = []
        // A list of what is left, so that a long chain of types needs no stack.
        var open = uses
        while let use = open.popLast() {
            switch use.innermost.base {
            case .scalar, .list: break
            case .enumeration(let name): names.insert(name)
            case .object(let name):
                guard names.insert(name).inserted, let type = type(name) else { continue }
                open += type.fields.map(\.type)
            }
        }
        return names
    }

    /// The names of what callers and publishers of events deal with; types of nothing but state or handlers aren't among them.
    var exposedNames: Set<String> {
        names(
            reachableFrom: exposedMethods.flatMap { $0.method.arguments.map(\.type) + [$0.method.result] }
                + events.map { TypeReference(.object($0.payloadType)) })
    }
}

extension MethodSchema {
    /// Whether each call of it has its key in its arguments, so that `Mesh-Key` has nothing to add.
    func alwaysHasKey(in schema: MeshSchema) -> Bool {
        guard let keyPath else { return false }
        var fields = arguments
        for name in keyPath {
            guard let field = fields.first(where: { $0.name == name }), !field.type.isNullable else { return false }
            fields = field.type.objectName.flatMap { schema.type($0) }?.fields ?? []
        }
        return true
    }
}

extension MethodSchema {
    /// Whether a call of it has to say by `Mesh-Key` which workflow it is for: one that is there, so that its id can't be left out.
    var needsGivenKey: Bool { keyPath == nil && (role == .signal || role == .query) }
}

extension Deprecation {
    /// For people: why, and until when.
    var sentence: String {
        let reason = reason ?? "no longer to be used"
        let until = removeBy.map { " Goes away by \($0)." } ?? ""
        return reason + (reason.hasSuffix(".") ? "" : ".") + until
    }
}
