import MeshCore
import Wasm

/// How a workflow that has ended is begun anew: the members of the order `restart`.
package struct WorkflowRestart: Sendable, Equatable {
    /// The run that it ended with: of two orders about one end, the second finds another run.
    package var run: Int32
    /// The package that it goes on with.
    package var digest: String
    /// The last entry of that run's journal that stays; nil where it begins from its start.
    package var sequence: Int64?
    /// Other arguments, a JSON object; nil where they are those of that run.
    package var input: [UInt8]?

    package init(run: Int32, digest: String, sequence: Int64? = nil, input: [UInt8]? = nil) {
        self.run = run
        self.digest = digest
        self.sequence = sequence
        self.input = input
    }

    init(_ members: JSONMembers) throws(MeshError) {
        guard let run = members.raw("run").flatMap({ Int32($0) }), run > 0, let digest = members.string("digest") else {
            throw MeshError(
                .invalidRequest, "restart needs the `run` that the workflow ended with, and the `digest` of a package")
        }
        var sequence: Int64?
        if let text = members.raw("sequence") {
            guard let number = Int64(text), number > 0 else {
                throw MeshError(.invalidRequest, "the `sequence` of restart is that of a journal entry")
            }
            sequence = number
        }
        let input = members.raw("input").map { Array($0.utf8) }
        guard sequence == nil || input == nil else {
            throw MeshError(.invalidRequest, "what goes on from an entry has the arguments that it had")
        }
        self.init(run: run, digest: digest, sequence: sequence, input: input)
    }

    /// As JSON.
    var members: [String] {
        var members = ["\"run\":\(run)", "\"digest\":\(JSONText.string(digest))"]
        if let sequence { members.append("\"sequence\":\(sequence)") }
        if let input { members.append("\"input\":\(String(decoding: input, as: UTF8.self))") }
        return members
    }
}
