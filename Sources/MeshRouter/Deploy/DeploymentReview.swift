package import MeshCore
package import Schemas
package import Wasm

/// What a package would bring, and whether it may: checked before anything is stored.
package struct DeploymentReview: Sendable {
    package let package: WasmPackage
    package let schema: MeshSchema
    /// What changes against the deployed version of the same services, breaking changes first.
    package let changes: [CompatibilityChange]
    /// What stops working in other deployed services, as diagnostics of their schemas.
    package let broken: [String]
    /// True where the version says by itself that it breaks something.
    package let versionAdmitsBreak: Bool

    /// Reads a `.wasm` file and checks it against what is deployed. Throws where it can't be deployed at all.
    package static func of(
        _ bytes: [UInt8], against active: [ActiveDeployment]
    ) throws(MeshError) -> DeploymentReview {
        let inspected: WasmPackage
        do throws(PackageError) {
            inspected = try WasmPackage.inspect(bytes)
        } catch {
            throw MeshError(.invalidRequest, error.description)
        }
        return try DeploymentReview(inspected, against: active)
    }

    /// Checks an inspected package against what is deployed.
    package init(_ package: WasmPackage, against active: [ActiveDeployment]) throws(MeshError) {
        self.package = package
        let document = SchemaSource(path: WasmPackage.schemaSection, text: package.schemaText)
        let (older, others) = try DeploymentReview.split(document, active)
        let own = SchemaCompiler.compile([document], against: others)
        // An event that nobody declares yet is no more than something that doesn't work yet: two services that hear each other
        // have to begin with one of them. Whoever deploys must say so.
        let lenient = own.schema == nil ? SchemaCompiler.recompile(document, against: others) : own
        // By itself it is a good one (`split` has compiled it), so it is what is deployed that it doesn't go with.
        guard let schema = lenient.schema else {
            throw DeploymentReview.refused(
                .failedPrecondition, "the package's schema doesn't go with what is deployed", lenient.diagnostics)
        }
        let unheard = own.diagnostics.map(\.message)
        // All together, so that a neighbour that hears what this one no longer says is found.
        let neighbours = others.map { SchemaSource(path: $0.namespace, text: SDLRenderer.render($0)) }
        let compilations = SchemaCompiler.check([document] + neighbours)
        self.schema = schema
        broken =
            unheard
            + zip(others, compilations.dropFirst()).flatMap { other, compilation in
                compilation.diagnostics.map { "\(other.namespace) \(other.version): \($0.message)" }
            }
        let heard = DeploymentReview.heard(schema, active)
        changes = older.flatMap { Compatibility.check(from: $0, to: schema, heard: heard) }.sorted {
            $0.severity == .breaking && $1.severity != .breaking
        }
        versionAdmitsBreak =
            !older.isEmpty && older.allSatisfy { Compatibility.admitsBreak(from: $0.version, to: schema.version) }
    }

    /// What is deployed, service by service: the older versions of the document's own, and those that stay beside it.
    private static func split(
        _ document: SchemaSource, _ active: [ActiveDeployment]
    ) throws(MeshError) -> (older: [MeshSchema], others: [MeshSchema]) {
        let alone = SchemaCompiler.recompile(document)
        guard let schema = alone.schema else {
            throw refused(.invalidRequest, "the package's schema isn't valid", alone.diagnostics)
        }
        let own = Set(schema.services.map(\.qualifiedName))
        // A package may serve some of its services still while later ones have taken over the others.
        let served = active.map(\.servedSchema)
        let older = served.map { $0.keeping { own.contains($0.qualifiedName) } }
        let others = served.map { $0.keeping { !own.contains($0.qualifiedName) } }
        return (older.filter { !$0.services.isEmpty }, others.filter { !$0.services.isEmpty })
    }

    /// The events that somebody handles with `schema` in force: its own services, and those of others that stay deployed beside them.
    private static func heard(_ schema: MeshSchema, _ active: [ActiveDeployment]) -> Set<String> {
        let own = Set(schema.services.map(\.qualifiedName))
        let staying = active.flatMap { deployment in
            deployment.schema.services.filter { deployment.serves($0) && !own.contains($0.qualifiedName) }
        }
        return Set((schema.services + staying).flatMap(\.handlers).compactMap { $0.eventHandler?.event })
    }

    /// Throws where the package breaks somebody and neither its version nor the deployer says that it may.
    ///
    /// A package that was deployed before (`isRollback`) has the version that it has.
    package func requirePermission(allowsBreaking: Bool, isRollback: Bool = false) throws(MeshError) {
        let breaking = changes.filter { $0.severity == .breaking }.map(\.description) + broken
        guard let first = breaking.first, !allowsBreaking, !(versionAdmitsBreak && broken.isEmpty) else { return }
        throw MeshError(
            .failedPrecondition,
            "this version breaks \(breaking.count == 1 ? "something" : "\(breaking.count) things"): \(first). "
                // What others miss, no version admits.
                + (isRollback || !broken.isEmpty ? "Deploy" : "Raise the version to say that it may, or deploy")
                + " with --allow-breaking",
            details: JSONWriter.object { $0.member("breaking", breaking) })
    }

    /// The pool in which the package's services run, so that an upgrade or a rollback moves nothing; `default` for new ones.
    package func pool(among active: [ActiveDeployment]) throws(MeshError) -> String {
        let own = Set(schema.services.map(\.qualifiedName))
        let pools = Set(
            active.filter { $0.servedSchema.services.contains { own.contains($0.qualifiedName) } }.map(\.pool)
        ).sorted()
        guard pools.count <= 1 else {
            throw MeshError(
                .failedPrecondition,
                "the package's services run in the pools \(pools.joined(separator: ", ")); say which one it is for (--pool)"
            )
        }
        return pools.first ?? "default"
    }

    private static func refused(_ code: ErrorCode, _ problem: String, _ diagnostics: [Diagnostic]) -> MeshError {
        MeshError(
            code, "\(problem): \(diagnostics.first.map { $0.message } ?? "no reason given")",
            details: JSONWriter.object { $0.member("diagnostics", diagnostics.map(\.description)) })
    }
}

extension DeploymentReview {
    /// The changes as JSON, for the answer of a deploy and of a dry run.
    func write(to writer: inout JSONWriter) {
        writer.member("digest", package.digest)
        writer.member("namespace", schema.namespace)
        writer.member("version", schema.version.description)
        writer.member("services", schema.services.map(\.qualifiedName))
        writer.member("size", package.size)
        writer.member("changes") { writer in
            writer.array(changes) { writer, change in
                writer.object { writer in
                    writer.member("severity", change.severity.rawValue)
                    writer.member("audience", change.audience.rawValue)
                    writer.member("subject", change.subject)
                    writer.member("message", change.message)
                }
            }
        }
        writer.member("broken", broken)
    }
}
