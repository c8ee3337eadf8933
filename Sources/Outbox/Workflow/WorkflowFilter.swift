package import MeshCore

/// Which workflows to list, those that started last first.
package struct WorkflowFilter: Sendable {
    package var service: String?
    /// The `@workflow` method.
    package var type: String?
    /// Empty: all.
    package var statuses: [WorkflowRow.Status] = []
    /// A part of what they wait for, in any case.
    package var waitingFor: String?
    /// Only those that have waited since then or longer.
    package var waitingSince: Timestamp?
    /// Only those that started then or later.
    package var startedSince: Timestamp?
    package var idPrefix: String?
    /// The package that they run on; a beginning of its digest.
    package var digest: String?
    /// Only the children of this one.
    package var parent: WorkflowID?
    /// Goes on behind this place: the last one of the page before.
    package var after: WorkflowPlace?
    package var limit = 50

    package init() {}
}

/// Where a workflow stands in a list.
package struct WorkflowPlace: Sendable, Equatable {
    package var startedAt: Timestamp
    package var id: WorkflowID

    package init(startedAt: Timestamp, id: WorkflowID) {
        self.startedAt = startedAt
        self.id = id
    }

    package init(of row: WorkflowRow) { self.init(startedAt: row.startedAt, id: row.id) }

    /// As `next` of a page shows it, and `after` of a request gives it back.
    package var text: String { "\(startedAt.microseconds)/\(id.service)/\(id.key)" }

    package init?(text: String) {
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let microseconds = Int64(parts[0]), !parts[1].isEmpty, !parts[2].isEmpty else {
            return nil
        }
        self.init(
            startedAt: Timestamp(microseconds: microseconds),
            id: WorkflowID(service: String(parts[1]), key: String(parts[2])))
    }
}

/// How many workflows of a type are in a status.
package struct WorkflowCount: Sendable, Equatable {
    package var service: String
    package var type: String
    package var status: WorkflowRow.Status
    package var count: Int64
    /// When the oldest of them started.
    package var oldest: Timestamp

    package init(service: String, type: String, status: WorkflowRow.Status, count: Int64, oldest: Timestamp) {
        self.service = service
        self.type = type
        self.status = status
        self.count = count
        self.oldest = oldest
    }
}
