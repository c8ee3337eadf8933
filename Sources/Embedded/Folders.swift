internal import Foundation
internal import Glibc

/// The files of the local mesh.
enum Folders {
    /// Makes a folder and those above it.
    static func create(_ path: String, permissions: Int = 0o755) throws(EmbeddedError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: permissions])
        } catch {
            throw EmbeddedError("the folder \(path) cannot be made: \(error.localizedDescription)")
        }
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    /// Replaces a file's text, readable by its owner alone.
    static func write(_ text: String, to path: String) throws(EmbeddedError) {
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw EmbeddedError("the file \(path) cannot be written") }
    }

    /// Makes a log that there isn't yet; where a link lies in its place, whatever would be written there is another's.
    static func createLog(_ path: String) throws(EmbeddedError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw EmbeddedError("the log \(path) cannot be opened: \(Spawn.text(errno))") }
        close(descriptor)
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    /// The last lines of a log, for an error's message.
    static func tail(of path: String, lines: Int = 8) -> String {
        let last = (text(path) ?? "").split(separator: "\n").suffix(lines).joined(separator: "\n")
        return last.isEmpty ? "its log \(path) is empty" : "the end of its log \(path):\n\(last)"
    }
}
