import Foundation

/// The section `project` of `wasmesh.json`; the other sections are the commands' business.
struct ProjectSettings: Equatable {
    var name: String?
    var language: GuestProject.Language?
    var schemas: [String]?
    var imports: [String]?
    var sources: [String]?
    var module: String?

    private static let keys = ["name", "language", "schemas", "imports", "sources", "module"]

    /// What the file at `path` says; nothing where there is no file.
    static func read(_ path: String) throws(GuestError) -> ProjectSettings {
        guard let data = FileManager.default.contents(atPath: path) else { return ProjectSettings() }
        let file = GuestProject.configurationName
        let document: Any
        do {
            document = try JSONSerialization.jsonObject(with: data)
        } catch {
            throw GuestError(.project, "\(file):1:1: error: not JSON: \(ProjectSettings.reason(of: error))")
        }
        guard let object = document as? [String: Any] else {
            throw GuestError(.project, "\(file):1:1: error: expected an object of settings")
        }
        guard let section = object["project"] else { return ProjectSettings() }
        let text = String(decoding: data, as: UTF8.self)
        guard let members = section as? [String: Any] else {
            throw GuestError(
                .project, "\(location(of: "project", in: text)): error: 'project' is a section: expected an object")
        }
        return try read(members, text: text)
    }

    private static func read(_ members: [String: Any], text: String) throws(GuestError) -> ProjectSettings {
        var settings = ProjectSettings()
        var problems: [String] = []
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            let expected: String?
            switch key {
            case "name":
                settings.name = value as? String
                expected = settings.name == nil ? "a string" : nil
            case "language":
                settings.language = (value as? String).flatMap { GuestProject.Language(rawValue: $0) }
                expected =
                    settings.language == nil
                    ? GuestProject.Language.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") : nil
            case "schemas":
                settings.schemas = value as? [String]
                expected = settings.schemas == nil ? "an array of file names" : nil
            case "imports":
                settings.imports = value as? [String]
                expected = settings.imports == nil ? "an array of file names" : nil
            case "sources":
                settings.sources = value as? [String]
                expected = settings.sources == nil ? "an array of directories or files" : nil
            case "module":
                settings.module = value as? String
                expected = settings.module == nil ? "a file name" : nil
            default:
                problems.append(
                    "\(location(of: key, in: text)): error: unknown key 'project.\(key)'; known here: "
                        + keys.joined(separator: ", "))
                continue
            }
            if let expected {
                problems.append("\(location(of: key, in: text)): error: 'project.\(key)': expected \(expected)")
            }
        }
        guard problems.isEmpty else { throw GuestError(.project, problems.joined(separator: "\n")) }
        return settings
    }

    /// Where a key stands: its first mention after the section's.
    static func location(of key: String, in text: String) -> String {
        let section = text.range(of: "\"project\"")?.lowerBound ?? text.startIndex
        let found = text.range(of: "\"\(key)\"", range: section..<text.endIndex)?.lowerBound ?? section
        let before = text[..<found]
        let line = before.filter { $0.isNewline }.count + 1
        let column = before.reversed().prefix { !$0.isNewline }.count + 1
        return "\(GuestProject.configurationName):\(line):\(column)"
    }

    private static func reason(of error: any Error) -> String {
        let error = error as NSError
        return (error.userInfo[NSDebugDescriptionErrorKey] as? String) ?? error.localizedDescription
    }
}
