/// Something that reads what others write, as a function of bytes that must survive any of them.
///
/// The same functions run under libFuzzer (`make fuzz`) and, over the kept corpora and random mutations of them, in the tests.
package struct FuzzTarget: Sendable {
    package let name: String
    /// What it reads.
    package let summary: String
    /// Inputs to begin with, beside the kept corpus.
    package let seeds: [[UInt8]]
    /// Reads an input; throws where it finds something wrong that is no crash.
    package let run: @Sendable ([UInt8]) throws -> Void

    init(
        _ name: String, _ summary: String, seeds: [String] = [], bytes: [[UInt8]] = [],
        run: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.summary = summary
        self.seeds = seeds.map { Array($0.utf8) } + bytes
        self.run = run
    }

    package static let all: [FuzzTarget] = [
        .schema, .value, .json, .pattern, .text, .cron, .message, .record, .headerText, .package, .hostCalls, .journal,
        .http,
        .events, .gzip, .configuration, .outside, .fetch,
    ]

    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// What a target found wrong: two readers that disagree, an output that can't be read again, a bound that was broken.
package struct FuzzFinding: Error, CustomStringConvertible {
    package let description: String
}

/// Throws a finding where `condition` doesn't hold.
func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw FuzzFinding(description: what()) }
}
