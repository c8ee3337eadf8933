import Foundation

/// One numbered script of the database schema.
package struct Migration: Sendable, Equatable {
    package var version: Int
    package var name: String
    package var sql: String

    /// FNV-1a, 64 bits: tells an edited script from the one that ran; it guards against mistakes, not against attackers.
    var checksum: Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in sql.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int64(bitPattern: hash)
    }

    /// The scripts that belong to this program, in order.
    package static func bundled() throws(StoreError) -> [Migration] {
        guard let directory = Bundle.module.url(forResource: "SQL", withExtension: nil),
            let files = try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        else { throw .other(message: "the program's SQL files are missing; install it anew", sqlstate: nil) }
        var migrations: [Migration] = []
        for file in files where file.pathExtension == "sql" {
            let name = file.deletingPathExtension().lastPathComponent
            guard let version = Int(name.prefix(4)), let sql = try? String(contentsOf: file, encoding: .utf8) else {
                throw .other(message: "the program's file \(file.lastPathComponent) can't be read", sqlstate: nil)
            }
            migrations.append(Migration(version: version, name: String(name.dropFirst(5)), sql: sql))
        }
        migrations.sort { $0.version < $1.version }
        for (index, migration) in migrations.enumerated() where migration.version != index + 1 {
            throw .other(
                message: "the program's migrations are numbered wrongly at \(migration.version) (\(migration.name)): "
                    + "each number from 1 on stands once", sqlstate: nil)
        }
        return migrations
    }
}
