internal import Foundation

/// What `mesh-chaos` is told: how long, from which seed, with which faults, where.
package struct ChaosOptions: Sendable {
    package var isSoak = false
    /// How long the work goes on, over all rounds.
    package var duration: Duration = .seconds(600)
    package var seed: UInt64 = .random(in: 1...999_999_999)
    /// Faults, work and nothing else for this long; then everything must settle and is checked.
    package var round: Duration = .seconds(45)
    /// How long the mesh may take until all that was accepted is done.
    package var patience: Duration = .seconds(120)
    /// Units of work in a second: a transfer, a step of a sequence, an entry of the ledger.
    package var rate = 90
    /// The mean time between two faults.
    package var gap: Duration = .milliseconds(1500)
    package var workers = 3
    package var partitions: Int32 = 8
    package var kinds = FaultKind.allCases
    /// Where runs are kept; each has a folder of its own.
    package var directory = "/var/tmp/wasmesh-chaos"
    /// The program under test.
    package var program = ChaosOptions.besideThis("wasmesh")
    /// Where the report goes as markdown, beside the run's folder.
    package var report: String?
    /// Leaves out the half of a longer run in which faults are done one at a time.
    package var isMixedOnly = false
    /// Keeps the folder of a run that found nothing.
    package var keeps = false

    package init() {}

    package static let usage = """
        mesh-chaos [soak] [--minutes N | --seconds N] [--seed N] [--round SECONDS] [--rate N] [--gap SECONDS] [--patience SECONDS]
                   [--workers N] [--partitions N] [--only KIND,KIND] [--without KIND,KIND] [--directory PATH]
                   [--program PATH] [--report FILE] [--mixed] [--keep]
        Kinds of faults: \(FaultKind.allCases.map(\.rawValue).joined(separator: " "))
        """

    /// Reads a command line; throws what is wrong with it.
    package init(_ words: [String]) throws {
        var words = words[...]
        func next(_ name: String) throws -> String {
            guard let word = words.popFirst() else { throw ChaosFailure("\(name) wants a value\n\(Self.usage)") }
            return word
        }
        func number<Value: LosslessStringConvertible>(_ name: String) throws -> Value {
            let word = try next(name)
            guard let value = Value(word) else { throw ChaosFailure("\(name) wants a number, not '\(word)'") }
            return value
        }
        func seconds(_ name: String, each unit: Double = 1) throws -> Duration {
            let count: Double = try number(name)
            return .seconds(count * unit)
        }
        while let word = words.popFirst() {
            switch word {
            case "soak": isSoak = true
            case "--minutes": duration = try seconds(word, each: 60)
            case "--seconds": duration = try seconds(word)
            case "--seed": seed = try number(word)
            case "--round": round = try seconds(word)
            case "--patience": patience = try seconds(word)
            case "--gap": gap = try seconds(word)
            case "--rate": rate = try number(word)
            case "--workers": workers = try number(word)
            case "--partitions": partitions = try number(word)
            case "--only": kinds = try FaultKind.list(next(word))
            case "--without":
                let without = try FaultKind.list(next(word))
                kinds.removeAll(where: without.contains)
            case "--directory": directory = try next(word)
            case "--program": program = try next(word)
            case "--report": report = try next(word)
            case "--mixed": isMixedOnly = true
            case "--keep": keeps = true
            default: throw ChaosFailure("unknown: '\(word)'\n\(Self.usage)")
            }
        }
        guard rate > 0, workers > 0, partitions > 0 else { throw ChaosFailure("a number must be above 0") }
    }

    /// A file in the folder of this program.
    static func besideThis(_ name: String) -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// The checkout that this was built from.
    package static var checkout: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }
}
