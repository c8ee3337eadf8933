extension GuestProject {
    /// What the settings of `directory` name outside of it, relative and without detours: documents, and files and folders of sources.
    package static func outside(of directory: String, settings file: String? = nil) -> [String] {
        guard let project = try? described(in: directory, settings: file) else { return [] }
        return (project.schemas + project.imports + project.sources).map(withoutDetours).filter {
            $0 == ".." || $0.hasPrefix("../")
        }
    }

    private static func withoutDetours(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}
