import Foundation

/// Finds a project's files from any directory inside it.
package enum ProjectDirectory {
    /// `directory` and its ancestors, nearest first; none of a path that isn't absolute.
    package static func andAbove(_ directory: String) -> [String] {
        // A relative one has no root to come to.
        guard directory.hasPrefix("/") else { return [] }
        var candidates: [String] = []
        var url = URL(fileURLWithPath: directory).standardizedFileURL
        while true {
            candidates.append(url.path)
            if url.path == "/" { return candidates }
            url.deleteLastPathComponent()
        }
    }

    /// The nearest `wasmesh.json`, or nil.
    package static func configurationFile(from directory: String) -> String? {
        andAbove(directory).map { ($0 == "/" ? "" : $0) + "/wasmesh.json" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }
}
