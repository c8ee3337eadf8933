import Foundation
import MeshCore

/// Files of a build: listing, reading, writing, and digests of many.
enum SourceFiles {
    /// The files with one of the endings at `paths` and below, sorted; hidden ones are left out.
    static func list(_ paths: [String], endings: [String]) throws(GuestError) -> [String] {
        var files: [String] = []
        for path in paths {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
                throw GuestError(.files, "\(path) doesn't exist")
            }
            if !isDirectory.boolValue {
                files.append(path)
                continue
            }
            let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            files += names.filter { name in
                endings.contains { name.hasSuffix($0) } && !name.split(separator: "/").contains { $0.hasPrefix(".") }
            }.map { path + "/" + $0 }
        }
        return files.sorted()
    }

    static func read(_ path: String) throws(GuestError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw GuestError(.files, "can't read \(path)", hint: "look whether it exists and may be read")
        }
        return Array(data)
    }

    /// Writes a file and the folders above it; readers never see half of it.
    static func write(_ bytes: [UInt8], to path: String) throws(GuestError) {
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url, options: .atomic)
        } catch {
            throw GuestError(.files, "can't write \(path): \(error.localizedDescription)")
        }
    }

    static func createDirectory(_ path: String) throws(GuestError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw GuestError(.files, "can't make the folder \(path): \(error.localizedDescription)")
        }
    }

    static func remove(_ path: String) throws(GuestError) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw GuestError(.files, "can't remove \(path): \(error.localizedDescription)")
        }
    }

    /// A digest of the files' paths and contents.
    static func digest(_ files: [String]) throws(GuestError) -> String {
        var digest = SHA256()
        for file in files {
            digest.update(Array(SHA256.hex(Array(file.utf8)).utf8))
            digest.update(Array(SHA256.hex(try read(file)).utf8))
        }
        return SHA256.hexadecimal(digest.finish())
    }
}
