import Foundation

/// A project that builds into one package: where its parts are.
///
/// Everything has a default, so that a directory with `shop.mesh.graphql` and `Sources/Shop/` is a project; `wasmesh.json`
/// says in its section `project` what is different.
package struct GuestProject: Sendable, Equatable {
    /// What the author writes in.
    package enum Language: String, Sendable, CaseIterable {
        case swift
        /// C against `SDK/C/wasmesh.h`.
        case c
        /// A module that another tool chain makes.
        case wasm
    }

    /// Absolute.
    package var directory: String
    /// The package's file name: `shop`.
    package var name: String
    package var language: Language
    /// Schema documents, relative to the directory; at least one.
    package var schemas: [String]
    /// Schema documents of others whose methods are called, relative to the directory; each is a schema of its own.
    package var imports: [String] = []
    /// Directories or files of the author's code, relative to the directory.
    package var sources: [String]
    /// For `wasm`: the module, relative to the directory.
    package var module: String?
    /// Compiles in a fraction of the time, into a larger and slower package whose traps say why: for the loop of `wasmesh dev`.
    package var isQuick = false

    package static let schemaSuffix = ".mesh.graphql"
    package static let configurationName = "wasmesh.json"

    /// The Swift module's name: `order-desk` is `OrderDesk`.
    package var moduleName: String { GuestProject.moduleName(for: name) }

    /// Where builds are kept.
    package var buildDirectory: String { "\(directory)/\(relativeBuildDirectory)" }

    /// The same, relative to the directory.
    var relativeBuildDirectory: String { isQuick ? ".wasmesh/build/quick" : ".wasmesh/build" }

    /// The package that a build writes.
    package var packagePath: String { "\(buildDirectory)/\(name).wasm" }

    /// The generated source, relative to the directory; beside the author's code, so that editors and `swift test` see it.
    package var generatedPath: String { "\(generatedDirectory)/\(moduleName)Schema.swift" }

    /// In the first folder of sources.
    var generatedDirectory: String {
        let folder = sources.first { FileManager.default.fileExists(atPath: "\(directory)/\($0)/.") }
        return "\(folder ?? "Sources/\(moduleName)")/Generated"
    }

    static func moduleName(for name: String) -> String {
        name.split { !$0.isLetter && !$0.isNumber }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// Nil if `name` can be a project's name, else what is wrong with it.
    package static func problem(withName name: String) -> String? {
        guard let first = name.utf8.first, (0x61...0x7A).contains(first) else {
            return "a name begins with a lower-case letter"
        }
        let isPlain = name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        if !isPlain { return "a name has lower-case letters, digits and '-'" }
        return name.utf8.count > 60 ? "a name has at most 60 characters" : nil
    }
}

extension GuestProject {
    /// True where `directory` has schema documents, or settings that name some; also where what is wrong with those is to be told.
    package static func exists(in directory: String, settings file: String? = nil) -> Bool {
        guard let settings = try? ProjectSettings.read(in: directory, named: file) else { return true }
        return settings.schemas != nil || !schemaFiles(in: directory).isEmpty
    }

    /// The module that the settings of `directory` name, relative to it, whether it is there or not.
    package static func module(in directory: String, settings file: String? = nil) -> String? {
        let module = try? ProjectSettings.read(in: directory, named: file).module
        return module.map { $0.split(separator: "/").filter { $0 != "." }.joined(separator: "/") }
    }

    /// The project of `directory`, with what its `wasmesh.json` says, or the section `project` of the file `settings`.
    package static func load(
        _ directory: String, settings file: String? = nil
    ) throws(GuestError) -> GuestProject {
        let project = try described(in: directory, settings: file)
        try project.check()
        return project
    }

    /// The same, whether all of it is there or not: for who asks for its documents only.
    package static func described(
        in directory: String, settings file: String? = nil
    ) throws(GuestError) -> GuestProject {
        let directory = URL(fileURLWithPath: directory).standardizedFileURL.path
        let settings = try ProjectSettings.read(in: directory, named: file)
        let name = settings.name ?? defaultName(of: directory)
        var project = GuestProject(
            directory: directory, name: name, language: settings.language ?? .swift,
            schemas: settings.schemas ?? schemaFiles(in: directory), sources: settings.sources ?? [],
            module: settings.module)
        project.imports = settings.imports ?? []
        if project.sources.isEmpty, project.language != .wasm { project.sources = [project.defaultSources()] }
        return project
    }

    private func defaultSources() -> String {
        let own = "Sources/\(moduleName)"
        return FileManager.default.fileExists(atPath: "\(directory)/\(own)") ? own : "Sources"
    }

    private func check() throws(GuestError) {
        if let problem = GuestProject.problem(withName: name) {
            throw GuestError(
                .project, "\(GuestProject.configurationName): '\(name)' can't be the project's name: \(problem)",
                hint: "give it one in the section project: {\"project\": {\"name\": \"shop\"}}")
        }
        if schemas.isEmpty {
            throw GuestError(
                .project, "no schema document in \(directory)",
                hint: "write one, such as \(name)\(GuestProject.schemaSuffix), or start with `wasmesh init`")
        }
        for path in schemas + imports + sources + (module.map { [$0] } ?? [])
        where !FileManager.default.fileExists(atPath: "\(directory)/\(path)") {
            throw GuestError(.project, "\(path) doesn't exist", hint: "looked for it in \(directory)")
        }
        if language == .wasm, module == nil {
            throw GuestError(
                .project, "a project of language `wasm` names its module",
                hint: "{\"project\": {\"language\": \"wasm\", \"module\": \"build/guest.wasm\"}}")
        }
    }

    /// The schema documents there and in its folders for them, relative.
    package static func schemaFiles(in directory: String) -> [String] {
        ["", "Schemas/", "schema/"].flatMap { folder in
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(folder)")) ?? [])
                .filter { $0.hasSuffix(schemaSuffix) }.sorted().map { folder + $0 }
        }
    }

    private static func defaultName(of directory: String) -> String {
        let text = (directory.split(separator: "/").last ?? "guest").lowercased()
        return String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }
}
