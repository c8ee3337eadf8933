import Foundation

/// A new project: one service with state and an event, and a test of it; it builds and passes at once.
package enum GuestScaffold {
    /// Where a project keeps its copy of the SDK, for native tests.
    static let vendoredSDK = ".wasmesh/sdk"

    /// Modules that the project's code or its tests import, or that Swift keeps for itself; `mesh` is a reserved namespace, too.
    private static let takenModules: Set<String> = [
        "Builtin", "Dispatch", "Foundation", "Glibc", "Mesh", "Swift", "Testing",
    ]

    private static func problem(withName name: String) -> String? {
        if name == "sdk" {
            return "to SwiftPM its folder and the SDK's, \(vendoredSDK), would be one package"
        }
        let module = GuestProject.moduleName(for: name)
        return takenModules.contains(module) ? "its module would be called \(module), as another one is" : nil
    }

    /// Writes the project `name` into `directory`, which must be missing or empty. Returns the files, relative.
    package static func make(_ name: String, in directory: String, sdk: GuestSDK) throws(GuestError) -> [String] {
        if let problem = GuestProject.problem(withName: name) ?? problem(withName: name) {
            throw GuestError(
                .project, "'\(name)' can't be the project's name: \(problem)", hint: "for example: wasmesh init shop")
        }
        let present = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        guard present.isEmpty else {
            throw GuestError(.files, "\(directory) isn't empty", hint: "choose another name, or an empty folder")
        }
        let template = ScaffoldTemplate(name: name)
        for (path, text) in template.files { try SourceFiles.write(Array(text.utf8), to: "\(directory)/\(path)") }
        try sdk.vendor(to: "\(directory)/\(vendoredSDK)")
        // The generated source, so that `swift test` works before the first build.
        let project = try GuestProject.load(directory)
        let document = try GuestSchemaDocument.read(project)
        try GuestBuilder.writeGenerated(document, of: project)
        return template.files.map(\.path) + [project.generatedPath]
    }
}
