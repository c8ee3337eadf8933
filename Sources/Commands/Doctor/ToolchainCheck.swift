import Embedded
import Foundation
import Kafka
import Postgres

/// Programs and libraries on this machine.
enum ToolchainCheck {
    static func run() -> [Finding] { [kafkaLibrary, postgresLibrary, swift, linker] + servers }

    private static var kafkaLibrary: Finding {
        let version = KafkaLibrary.version
        return KafkaLibrary.isNewEnough
            ? Finding(subject: "librdkafka", verdict: .fine, fact: version)
            : Finding(
                subject: "librdkafka", verdict: .problem,
                fact: "\(version) was loaded; \(KafkaLibrary.oldestVersion) is the oldest that works",
                remedy: "run Scripts/bootstrap, and start wasmesh from its checkout or with lib/ beside bin/")
    }

    private static var postgresLibrary: Finding {
        Finding(subject: "libpq", verdict: .fine, fact: PostgresLibrary.version)
    }

    private static var swift: Finding {
        guard let path = Programs.find("swiftc") else {
            return Finding(
                subject: "swift", verdict: .warning,
                fact: "swiftc is not on the PATH: `wasmesh build` and `dev` can't build guests",
                remedy: "install Swift 6.3 from swift.org; a worker or router alone doesn't need it")
        }
        return Finding(subject: "swift", verdict: .fine, fact: path)
    }

    private static var linker: Finding {
        let beside = Programs.find("swiftc").map { path in
            URL(fileURLWithPath: path).resolvingSymlinksInPath().deletingLastPathComponent().path + "/wasm-ld"
        }
        let found = [beside, Programs.find("wasm-ld")].compactMap { $0 }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        return found.map { Finding(subject: "wasm-ld", verdict: .fine, fact: $0) }
            ?? Finding(
                subject: "wasm-ld", verdict: .warning,
                fact: "not beside swiftc nor on the PATH: guests can't be linked",
                remedy: "install the whole Swift toolchain, or the package lld")
    }

    private static var servers: [Finding] {
        let postgres: Finding
        do throws(EmbeddedError) {
            postgres = Finding(subject: "postgres server", verdict: .fine, fact: try Programs.postgres())
        } catch {
            postgres = Finding(
                subject: "postgres server", verdict: .note, fact: "not here: `wasmesh dev` needs it",
                remedy: error.message)
        }
        do throws(EmbeddedError) {
            return [postgres, Finding(subject: "embedded broker", verdict: .fine, fact: try Programs.broker())]
        } catch {
            return [
                postgres,
                Finding(
                    subject: "embedded broker", verdict: .note, fact: "not here: `wasmesh dev` needs it",
                    remedy: error.message),
            ]
        }
    }
}
