package import MeshCore

/// The code does something else than the journal has: which step, what was recorded, what the code did (I7).
package struct WorkflowDifference: Error, Sendable, Equatable, CustomStringConvertible {
    /// Which command of the run, from 1.
    package var step: Int
    /// The entry of the journal; 0 where the journal ends before.
    package var sequence: Int64
    package var expected: String
    package var found: String

    package init(step: Int, sequence: Int64, expected: String, found: String) {
        self.step = step
        self.sequence = sequence
        self.expected = expected
        self.found = found
    }

    package var description: String {
        "step \(step) (journal entry \(sequence)): the journal has: \(expected); the code: \(found)"
    }

    /// What the row of the workflow says, which is stuck.
    package var error: MeshError {
        error("Roll back, or guard the change with a patch, then `wasmesh workflows retry`")
    }

    /// What is said where the workflow isn't moved to the package, and goes on.
    package var reasonToStay: MeshError {
        error("The workflow stays on its package and goes on; to move it, guard the change with a patch")
    }

    /// What is said where an ended workflow isn't restarted from an entry.
    package var reasonNotToRestart: MeshError {
        error("The workflow stays as it ended; restart it from an entry before that step, or from its start")
    }

    private func error(_ remedy: String) -> MeshError {
        let details =
            "{\"step\":\(step),\"sequence\":\(sequence),\"expected\":\(JSONText.string(expected)),\"found\":\(JSONText.string(found))}"
        return MeshError(
            .failedPrecondition,
            "nondeterminism at \(self). \(remedy)",
            details: details, applicationCode: WorkflowErrorCode.nondeterminism)
    }
}

/// The codes that only workflows have.
package enum WorkflowErrorCode {
    package static let nondeterminism = "NONDETERMINISM"
    package static let cancelled = "CANCELLED"
    package static let terminated = "TERMINATED"
}
