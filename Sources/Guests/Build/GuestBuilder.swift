import Foundation
import MeshCore
package import Schemas
import Wasm

/// Builds a project into one package: schema → generated source → objects → module → package.
///
/// Everything here blocks while tools run; call it from a thread of its own, or through `build(_:configuration:)`.
package struct GuestBuilder: Sendable {
    package struct Configuration: Sendable {
        package var sdk: GuestSDK
        package var toolchain: GuestToolchain
        /// Where the compiled SDK is kept.
        package var cache: String

        package init(sdk: GuestSDK, toolchain: GuestToolchain, cache: String) {
            self.sdk = sdk
            self.toolchain = toolchain
            self.cache = cache
        }

        /// What this machine has; the cache lies in the user's (`XDG_CACHE_HOME`, `~/.cache`).
        package static func standard() throws(GuestError) -> Configuration {
            let environment = ProcessInfo.processInfo.environment
            let caches =
                environment["XDG_CACHE_HOME"] ?? environment["HOME"].map { $0 + "/.cache" } ?? NSTemporaryDirectory()
            return Configuration(
                sdk: try GuestSDK.find(), toolchain: try GuestToolchain.find(), cache: caches + "/wasmesh")
        }
    }

    let configuration: Configuration
    let project: GuestProject

    package init(_ project: GuestProject, _ configuration: Configuration) {
        self.project = project
        self.configuration = configuration
    }

    /// Builds, unless nothing has changed since the last build.
    package func build(progress: (GuestBuildStep) -> Void = { _ in }) throws(GuestError) -> GuestBuild {
        let clock = ContinuousClock()
        let start = clock.now
        progress(.schema)
        let document = try GuestSchemaDocument.read(project)
        // `wasmesh dev` and a build by hand may meet.
        try SourceFiles.createDirectory(project.buildDirectory)
        let lock = try FileLock(project.buildDirectory + "/.lock")
        defer { lock.unlock() }
        if project.language == .swift {
            progress(.generating)
            try GuestBuilder.writeGenerated(document, of: project)
        }
        try vendorSDK()
        let stamp = try BuildStamp.make(project, configuration)
        if let last = try stamp.lastBuild(of: project) {
            // A schema of others may have changed without changing anything here.
            try stamp.save(digest: last.digest, warnings: last.warnings, headers: last.headers, for: project)
            return GuestBuild(
                name: project.name, path: project.packagePath, size: last.size, digest: last.digest,
                schema: document.schema, warnings: last.warnings, duration: clock.now - start, isUnchanged: true)
        }
        let (module, warnings, headers) = try compile(progress)
        progress(.packing)
        let bytes = try pack(module, document)
        let digest = SHA256.hex(bytes)
        try SourceFiles.write(bytes, to: project.packagePath)
        try stamp.save(digest: digest, warnings: warnings, headers: headers, for: project)
        return GuestBuild(
            name: project.name, path: project.packagePath, size: bytes.count, digest: digest, schema: document.schema,
            warnings: warnings, duration: clock.now - start, isUnchanged: false)
    }

    /// True where the author's files were changed after the project's package was built.
    package static func isPackageOutdated(_ project: GuestProject) -> Bool { BuildStamp.isOutdated(project) }

    /// Adds a schema to a module that another tool chain made: `wasmesh build --wasm FILE`. Returns the package.
    package static func pack(module: [UInt8], schemas: [SchemaSource]) throws(GuestError) -> [UInt8] {
        // There are no imports here: where its events come from is asked when it is deployed.
        let document = try GuestSchemaDocument.compile(schemas, resolvingEvents: false)
        return try pack(module, document, sdk: "none/0")
    }

    /// Generates the source where it differs from what is there, so that its date doesn't change without cause.
    static func writeGenerated(_ document: GuestSchemaDocument, of project: GuestProject) throws(GuestError) {
        let text: String
        do {
            text = try SwiftRenderer.render(
                document.schema, origin: document.origin, imports: document.imports, places: document.places)
        } catch {
            throw GuestError(.schema, error.description)
        }
        let path = "\(project.directory)/\(project.generatedPath)"
        try removeStale(in: "\(project.directory)/\(project.generatedDirectory)", besides: path)
        if FileManager.default.contents(atPath: path) != Data(text.utf8) {
            try SourceFiles.write(Array(text.utf8), to: path)
        }
    }

    /// Removes what was generated under an older name of the project: its types would be there twice.
    private static func removeStale(in directory: String, besides path: String) throws(GuestError) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            let other = "\(directory)/\(name)"
            guard other != path, name.hasSuffix("Schema.swift"),
                String(decoding: try SourceFiles.read(other), as: UTF8.self).hasPrefix(SwiftRenderer.mark)
            else { continue }
            try SourceFiles.remove(other)
        }
    }

    /// Native tests of a project that `wasmesh init` made use a copy of the SDK.
    private func vendorSDK() throws(GuestError) {
        let manifest = project.directory + "/Package.swift"
        guard let text = FileManager.default.contents(atPath: manifest).map({ String(decoding: $0, as: UTF8.self) }),
            text.contains(GuestScaffold.vendoredSDK)
        else { return }
        try configuration.sdk.vendor(to: "\(project.directory)/\(GuestScaffold.vendoredSDK)")
    }

    private func compile(_ progress: (GuestBuildStep) -> Void) throws(GuestError)
        -> (module: [UInt8], warnings: [String], headers: IncludedHeaders?)
    {
        switch project.language {
        case .swift:
            let (module, warnings) = try SwiftCompilation(project, configuration).run(progress)
            return (module, warnings, nil)
        case .c: return try CCompilation(project, configuration).run(progress)
        case .wasm: return (try SourceFiles.read("\(project.directory)/\(project.module ?? "")"), [], nil)
        }
    }

    private func pack(_ module: [UInt8], _ document: GuestSchemaDocument) throws(GuestError) -> [UInt8] {
        let sdk =
            switch project.language {
            case .swift: "swift/\(GuestSDK.version)"
            case .c: "c/\(GuestSDK.version)"
            case .wasm: "none/0"
            }
        return try GuestBuilder.pack(module, document, sdk: sdk)
    }

    private static func pack(_ module: [UInt8], _ document: GuestSchemaDocument, sdk: String) throws(GuestError)
        -> [UInt8]
    {
        do {
            let bytes = try WasmPackage.make(module, schemaText: document.text, sdk: sdk)
            _ = try WasmPackage.inspect(bytes)
            return bytes
        } catch {
            throw GuestError(.module, "\(error)")
        }
    }
}

extension GuestBuilder {
    /// Builds the project of `directory` on a thread of its own, until cancelled; `settings` as with `GuestProject.load`.
    package static func build(
        _ directory: String, settings: String? = nil, isQuick: Bool = false, configuration: Configuration? = nil,
        progress: @escaping @Sendable (GuestBuildStep) -> Void = { _ in }
    ) async throws -> GuestBuild {
        let tools = ToolKeeper()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    do {
                        var project = try GuestProject.load(directory, settings: settings)
                        project.isQuick = isQuick
                        let builder = GuestBuilder(project, try configuration ?? .standard())
                        let built = try ToolKeeper.$current.withValue(tools) { try builder.build(progress: progress) }
                        continuation.resume(returning: built)
                    } catch {
                        // What a tool says that was ended is nobody's error.
                        continuation.resume(throwing: tools.isEnded ? CancellationError() : error)
                    }
                }
            }
        } onCancel: {
            tools.end()
        }
    }
}
