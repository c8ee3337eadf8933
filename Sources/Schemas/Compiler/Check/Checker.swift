/// Checks the documents of one schema and makes the model.
///
/// Works on whatever the parser could save; where a document lost definitions to a syntax error, names that aren't found are not
/// reported, since they may be among what was lost.
final class Checker {
    let documents: [DocumentSyntax]
    let deployed: [MeshSchema]
    let sink: DiagnosticSink
    let binder: DecoratorBinder
    let isIncomplete: Bool
    /// Further schemas whose events may be handled, and which are not compared otherwise.
    var neighbours: [MeshSchema] = []
    /// False: handlers are taken at their word.
    var resolvesHandledEvents = true

    var namespace = ""
    var version = SemanticVersion(0)
    /// Where each type, enum and service was declared first.
    var declarations: [String: Declaration] = [:]
    var types: [ObjectType] = []
    var enums: [EnumType] = []
    var typesByName: [String: ObjectType] = [:]
    var incompleteTypes: Set<String> = []
    /// All patterns of the schema, which are compiled once each.
    let patterns = PatternShelf()
    var services: [ServiceSchema] = []
    var emitted: [String: (event: EventDeclaration, location: SourceLocation)] = [:]
    /// Handlers whose event is looked up when all emitters are known.
    var handlers: [HandlerUse] = []

    struct Declaration {
        enum Kind: String { case type, enumeration = "enum", service }
        var kind: Kind
        var location: SourceLocation
    }

    struct HandlerUse {
        var handler: EventHandler
        /// The name of the handling service.
        var service: String
        var location: SourceLocation
    }

    /// Where `@attribute` stands on fields of a type.
    var attributes: [(type: String, location: SourceLocation)] = []

    /// Stands for a type that was reported as unknown; whoever meets it stays silent.
    static let unresolved = ""

    init(_ documents: [DocumentSyntax], against deployed: [MeshSchema], sink: DiagnosticSink) {
        self.documents = documents
        self.deployed = deployed
        self.sink = sink
        binder = DecoratorBinder(sink: sink)
        isIncomplete = documents.contains(where: \.isIncomplete)
    }

    /// The model; it holds only if nothing was reported.
    func check() -> MeshSchema {
        checkIdentity()
        declareNames()
        checkEnums()
        checkTypes()
        checkFiniteness()
        checkServices()
        checkTopics()
        checkAttributes()
        if resolvesHandledEvents { checkHandlers() }
        let documentation = documents.lazy.compactMap(\.documentation).first
        return sink.hasErrors
            ? MeshSchema(namespace: namespace, version: version, types: [], enums: [], services: [])
            : MeshSchema(
                namespace: namespace, version: version, types: types, enums: enums, services: services,
                documentation: documentation)
    }

    func report(_ location: SourceLocation, _ message: @autoclosure () -> String) { sink.report(location, message()) }

    // MARK: Names

    private func declareNames() {
        for document in documents {
            document.types.forEach { declare($0.name, .type) }
            document.enums.forEach { declare($0.name, .enumeration) }
            document.services.forEach { declare($0.name, .service) }
        }
        let counts = Dictionary(grouping: declarations.values, by: \.kind).mapValues(\.count)
        checkBound(counts[.type, default: 0], SchemaLimits.types, "types")
        checkBound(counts[.enumeration, default: 0], SchemaLimits.types, "enums")
        checkBound(counts[.service, default: 0], SchemaLimits.services, "services")
        checkBound(
            documents.flatMap(\.types).reduce(0) { $0 + $1.fields.count }, SchemaLimits.allFields, "fields in all")
        checkBound(
            documents.flatMap(\.services).reduce(0) { $0 + $1.methods.count }, SchemaLimits.allMethods, "methods in all"
        )
        let start = documents[0].start
        if counts[.service] == nil, !isIncomplete, !sink.hasErrors {
            report(identityLocation ?? start, "the schema has no service; add `service Name { … }`")
        }
    }

    private func checkBound(_ count: Int, _ bound: Int, _ what: String) {
        if count > bound {
            report(documents[0].start, "the schema has \(count) \(what); at most \(bound) fit, so split it up")
        }
    }

    private func declare(_ name: NameSyntax, _ kind: Declaration.Kind) {
        checkName(name, what: kind.rawValue)
        if Scalar(rawValue: name.text) != nil {
            report(name.location, "`\(name.text)` is a built-in scalar; name the \(kind.rawValue) otherwise")
        }
        guard let first = declarations[name.text] else {
            declarations[name.text] = Declaration(kind: kind, location: name.location)
            return
        }
        let other =
            first.kind == kind
            ? "declared" : "the name of \(first.kind == .enumeration ? "an" : "a") \(first.kind.rawValue)"
        report(
            name.location,
            "`\(name.text)` is already \(other) (\(place(first.location, from: name.location))); rename one")
    }

    /// Reports names that generated code or Postgres could not carry.
    func checkName(_ name: NameSyntax, what: String) {
        if name.text.hasPrefix("__") {
            report(name.location, "`\(name.text.shortened)`: names that begin with `__` are reserved")
        } else if name.text.utf8.allSatisfy({ $0 == UInt8(ascii: "_") }) {
            report(name.location, "the name `\(name.text)` of this \(what) has no letter or digit; choose another one")
        } else if name.text.utf8.count > SchemaLimits.nameLength {
            report(
                name.location,
                "the name `\(name.text.shortened)` of this \(what) has \(name.text.utf8.count) characters; at most \(SchemaLimits.nameLength) fit"
            )
        }
    }

    /// `line 3`, with the file where it is another one.
    func place(_ location: SourceLocation, from other: SourceLocation) -> String {
        location.file == other.file ? "line \(location.line)" : "\(location.file):\(location.line)"
    }

    // MARK: Identity

    private var identityLocation: SourceLocation? {
        documents.lazy.flatMap(\.decorators).first { $0.name == "mesh" }?.location
    }

    /// Where what other contexts may complain about stands, by qualified names.
    var places: [String: SourceLocation] {
        var places = Dictionary(
            declarations.map { ("\(namespace).\($0)", $1.location) }, uniquingKeysWith: { first, _ in first })
        for service in documents.lazy.flatMap(\.services) {
            for method in service.methods {
                places["\(namespace).\(service.name.text)/\(method.name.text)"] = method.name.location
            }
        }
        places[namespace] = identityLocation
        return places
    }

    private func checkIdentity() {
        var first: (namespace: String, version: SemanticVersion, location: SourceLocation)?
        var isDeclared = false
        for document in documents {
            let places =
                [(document.decorators, DecoratorSpecification.Target.document)]
                + document.services.map { ($0.decorators.filter { $0.name == "mesh" }, .service) }
            for (decorators, target) in places where !decorators.isEmpty {
                isDeclared = true
                guard let mesh = binder.bind(decorators, on: target)["mesh"], let identity = identity(mesh) else {
                    continue
                }
                if let first, first.namespace != identity.namespace || first.version != identity.version {
                    report(
                        mesh.location,
                        "`@mesh` says `\(identity.namespace)` \(identity.version) here and `\(first.namespace)` \(first.version) on \(place(first.location, from: mesh.location)); a schema has one identity"
                    )
                }
                if first == nil { first = (identity.namespace, identity.version, mesh.location) }
            }
        }
        if let first { (namespace, version) = (first.namespace, first.version) }
        if !isDeclared, !isIncomplete {
            report(
                documents[0].start,
                "the document has no identity; begin it with `@mesh(namespace: \"…\", version: \"1.0.0\")`")
        }
    }

    private func identity(_ mesh: BoundDecorator) -> (namespace: String, version: SemanticVersion)? {
        guard let namespace = mesh.text("namespace"), let text = mesh.text("version") else { return nil }
        let problem = SchemaNames.problem(withNamespace: namespace)
        if let problem { report(mesh.location(of: "namespace"), problem) }
        guard let version = SemanticVersion(text) else {
            report(
                mesh.location(of: "version"),
                "`\(text.shortened)` isn't a version; write it like `\"1.2.0\"`, `\"1.2\"` or `\"v1\"`")
            return nil
        }
        return problem == nil ? (namespace, version) : nil
    }
}
