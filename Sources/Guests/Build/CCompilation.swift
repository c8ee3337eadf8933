import Foundation

/// Compiles and links a guest in C against `SDK/C/wasmesh.h`.
///
/// It gets the SDK's heap (`malloc`, `free`) and memory functions; it defines `mesh_alloc` and `mesh_handle`.
struct CCompilation {
    let project: GuestProject
    let configuration: GuestBuilder.Configuration

    init(_ project: GuestProject, _ configuration: GuestBuilder.Configuration) {
        self.project = project
        self.configuration = configuration
    }

    /// The module, what the compiler warned of, and the headers that were read.
    func run(_ progress: (GuestBuildStep) -> Void) throws(GuestError) -> ([UInt8], [String], IncludedHeaders?) {
        let sdk = configuration.sdk
        progress(.compiling)
        let folder = project.buildDirectory + "/objects"
        try SourceFiles.createDirectory(folder)
        let own = try SourceFiles.list(project.sources.map { "\(project.directory)/\($0)" }, endings: [".c"])
            .map { String($0.dropFirst(project.directory.count + 1)) }
        let runtime = SDKObjects.runtimeFiles.map { "\(sdk.runtimeSources)/\($0).c" }
        var objects: [String] = []
        var headers: [String] = []
        var output = ""
        for (index, source) in (own + runtime).enumerated() {
            let object = "\(folder)/\(project.name)-\(index).o"
            let rules = "\(folder)/\(project.name)-\(index).d"
            let result = try ToolRun.run(
                configuration.toolchain.clang,
                SDKObjects.cOptions + [
                    "-Wall", "-I", sdk.cHeaders, "-I", sdk.runtimeSources + "/include", "-c", source, "-o", object,
                    "-MMD", "-MT", "-", "-MF", rules,
                ], in: project.directory)
            output += result.output
            guard result.succeeded else { throw GuestError(.compilation, output) }
            objects.append(object)
            headers += IncludedHeaders.files(ofRule: try SourceFiles.read(rules), in: project.directory)
        }
        progress(.linking)
        let module = try Linking(configuration.toolchain, project).link(objects, exports: ["mesh_handle"])
        // The SDK's own are another part of the stamp.
        let included = try IncludedHeaders(headers.filter { !$0.hasPrefix(sdk.directory + "/") })
        return (module, CompilerDiagnostics(output, generated: nil).warnings, included)
    }
}
