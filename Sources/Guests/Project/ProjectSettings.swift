import Foundation
import MeshCore

/// The section `project` of `wasmesh.json`; the other sections are the commands' business.
struct ProjectSettings: Equatable {
    var name: String?
    var language: GuestProject.Language?
    var schemas: [String]?
    var imports: [String]?
    var sources: [String]?
    var module: String?

    private static let keys = ["name", "language", "schemas", "imports", "sources", "module"]

    /// What `wasmesh.json` of `directory` says, or another file where that has a section `project`; nothing where neither has one.
    static func read(in directory: String, named file: String? = nil) throws(GuestError) -> ProjectSettings {
        if let file, let settings = try read(file) { return settings }
        return try read("\(directory)/\(GuestProject.configurationName)") ?? ProjectSettings()
    }

    /// What the file at `path` says; nil where there is no file, or none with such a section.
    private static func read(_ path: String) throws(GuestError) -> ProjectSettings? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let place = Place(file: URL(fileURLWithPath: path).lastPathComponent)
        guard let text = String(validating: data, as: UTF8.self) else { throw place.problem(1, 1, "not UTF-8 text") }
        let document: JSONNode
        do {
            document = try JSONReader.read(text)
        } catch {
            throw place.problem(error.line, error.column, error.message)
        }
        guard case .object(let members) = document.value else {
            throw place.problem(document.line, document.column, "expected an object of settings")
        }
        guard let section = members.first(where: { $0.name == "project" }) else { return nil }
        guard case .object(let settings) = section.node.value else {
            throw place.problem(section.line, section.column, "'project' is a section: expected an object")
        }
        return try read(settings, place)
    }

    private static func read(_ members: [JSONNode.Member], _ place: Place) throws(GuestError) -> ProjectSettings {
        var settings = ProjectSettings()
        var problems: [String] = []
        for member in members {
            if let message = settings.take(member) {
                problems.append(place.problem(member.line, member.column, message).message)
            }
        }
        guard problems.isEmpty else { throw GuestError(.project, problems.joined(separator: "\n")) }
        return settings
    }

    /// Takes one setting; what is wrong with it, or nil.
    private mutating func take(_ member: JSONNode.Member) -> String? {
        let expected: String
        switch member.name {
        case "name":
            name = ProjectSettings.string(member.node)
            expected = name == nil ? "a string" : ""
        case "language":
            language = ProjectSettings.string(member.node).flatMap { GuestProject.Language(rawValue: $0) }
            let known = GuestProject.Language.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            expected = language == nil ? known : ""
        case "schemas":
            schemas = ProjectSettings.strings(member.node)
            expected = schemas == nil ? "an array of file names" : ""
        case "imports":
            imports = ProjectSettings.strings(member.node)
            expected = imports == nil ? "an array of file names" : ""
        case "sources":
            sources = ProjectSettings.strings(member.node)
            expected = sources == nil ? "an array of directories or files" : ""
        case "module":
            module = ProjectSettings.string(member.node)
            expected = module == nil ? "a file name" : ""
        default:
            return
                "unknown key 'project.\(member.name)'; known here: \(ProjectSettings.keys.joined(separator: ", "))"
        }
        return expected.isEmpty ? nil : "'project.\(member.name)': expected \(expected)"
    }

    private static func string(_ node: JSONNode) -> String? {
        if case .string(let text) = node.value { text } else { nil }
    }

    private static func strings(_ node: JSONNode) -> [String]? {
        guard case .array(let elements) = node.value else { return nil }
        let texts = elements.compactMap(string)
        return texts.count == elements.count ? texts : nil
    }

    /// The file that an error is in.
    private struct Place {
        let file: String

        func problem(_ line: Int, _ column: Int, _ message: String) -> GuestError {
            GuestError(.project, "\(file):\(line):\(column): error: \(message)")
        }
    }
}
