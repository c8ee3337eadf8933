package import MeshCore

/// What the mesh has done of a schedule, and when its next call is: a row of `mesh.schedule`.
package struct ScheduleRow: Sendable, Equatable {
    package var service: String
    package var method: String
    /// As deployed when it was last taken up.
    package var cron: String
    package var timezone: String
    package var isPaused: Bool
    /// Nil while it is paused or not deployed; else there is a timer of this time.
    package var nextDue: Timestamp?
    /// The time by the schedule of the last call, when that was made, and its key.
    package var lastDue: Timestamp?
    package var lastFiredAt: Timestamp?
    package var lastID: String?
    /// When a handler's last call was done with, by whatever end; nil where it wasn't yet, and for workflows, which have an end of their own.
    package var lastEndedAt: Timestamp?
    package var fired: Int64
    package var skipped: Int64

    package init(
        service: String, method: String, cron: String, timezone: String, isPaused: Bool = false,
        nextDue: Timestamp? = nil, lastDue: Timestamp? = nil, lastFiredAt: Timestamp? = nil, lastID: String? = nil,
        lastEndedAt: Timestamp? = nil, fired: Int64 = 0, skipped: Int64 = 0
    ) {
        self.service = service
        self.method = method
        self.cron = cron
        self.timezone = timezone
        self.isPaused = isPaused
        self.nextDue = nextDue
        self.lastDue = lastDue
        self.lastFiredAt = lastFiredAt
        self.lastID = lastID
        self.lastEndedAt = lastEndedAt
        self.fired = fired
        self.skipped = skipped
    }

    /// What the key of a schedule begins with.
    package static let keyPrefix = "@schedule/"

    /// The key that orders what happens to the schedule of a method.
    package static func key(_ service: String, _ method: String) -> StateKey {
        StateKey(service: service, key: keyPrefix + method)
    }

    /// The method whose schedule has this key; nil for the key of anything else.
    package static func method(ofKey key: String) -> String? {
        key.hasPrefix(keyPrefix) ? String(key.dropFirst(keyPrefix.count)) : nil
    }
}

/// A schedule as its partition's owner reads it.
package struct LoadedSchedule: Sendable, Equatable {
    package var row: ScheduleRow
    /// The workflow that its last call started, or that call of a handler, is open or on its way.
    package var isOpen: Bool

    package init(row: ScheduleRow, isOpen: Bool) {
        self.row = row
        self.isOpen = isOpen
    }
}
