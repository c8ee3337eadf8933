package import MeshCore

/// A dead letter as people see it.
package struct DeadLetter: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        case open, redriven, discarded
    }

    package var id: Int64
    package var status: Status
    package var place: PartitionID
    package var offset: Int64
    package var service: String?
    package var method: String?
    package var key: String?
    package var messageID: String?
    package var type: String?
    package var source: String?
    package var attempts: Int
    /// The code, as `MeshError.json` shows it: the guest's own where it gave one.
    package var errorCode: String
    package var errorMessage: String
    package var errorDetails: String?
    package var digest: String?
    package var failedAt: Timestamp
    package var resolvedAt: Timestamp?
    package var resolvedBy: String?
    /// The record's value; nil in lists, and for a null value.
    package var payload: [UInt8]?
    /// The record's headers; empty in lists.
    package var headers: [WireHeader]
}

/// What became of dead letters that were to be redriven or discarded.
package struct DeadLetterOutcome: Sendable, Equatable {
    package var done: [Int64] = []
    /// Why the others were not, by id.
    package var refused: [Int64: String] = [:]

    package init(done: [Int64] = [], refused: [Int64: String] = [:]) {
        self.done = done
        self.refused = refused
    }
}

extension DeadLetterOutcome {
    mutating func add(_ id: Int64, _ refusal: String?) {
        if let refusal { refused[id] = refusal } else { done.append(id) }
    }
}
