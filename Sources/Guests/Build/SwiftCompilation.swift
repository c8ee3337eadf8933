import Foundation

/// Compiles and links a Swift guest.
struct SwiftCompilation {
    let project: GuestProject
    let configuration: GuestBuilder.Configuration

    init(_ project: GuestProject, _ configuration: GuestBuilder.Configuration) {
        self.project = project
        self.configuration = configuration
    }

    /// The module, and what the compiler warned of.
    func run(_ progress: (GuestBuildStep) -> Void) throws(GuestError) -> ([UInt8], [String]) {
        let toolchain = configuration.toolchain
        let objects = try SDKObjects.prepare(
            configuration.sdk, toolchain, key: try BuildStamp.sdkKey(configuration), cache: configuration.cache,
            willCompile: { progress(.sdk) })
        progress(.compiling)
        let object = "\(project.buildDirectory)/objects/\(project.name).o"
        try SourceFiles.createDirectory(project.buildDirectory + "/objects")
        // Relative paths, so that messages read as the author knows the files.
        let roots = (project.sources + [project.generatedPath]).map { "\(project.directory)/\($0)" }
        let sources = Set(try SourceFiles.list(roots, endings: [".swift"])).sorted()
            .map { String($0.dropFirst(project.directory.count + 1)) }
        let compilation = try ToolRun.run(
            toolchain.swiftc,
            SDKObjects.swiftOptions + [
                project.isQuick ? "-Onone" : "-O", "-module-name", project.moduleName, "-I", objects.directory,
                "-c", "-o", object,
            ] + sources, in: project.directory)
        let diagnostics = CompilerDiagnostics(compilation.output, generated: project.generatedPath)
        guard compilation.succeeded else { throw diagnostics.error(of: project) }
        progress(.linking)
        let module = try Linking(toolchain, project).link(
            [object, objects.meshObject] + objects.runtimeObjects + [toolchain.unicodeTables], exports: ["mesh_handle"])
        return (module, diagnostics.warnings)
    }
}
