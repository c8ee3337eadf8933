import MeshCore

/// What became of the delayed sends that were due.
struct DueSends: Sendable, Equatable {
    /// How many are in the SQL lane now.
    var sent: Int
    /// When the last of these was due.
    var lastDue: Timestamp?
    /// When the next one is due; nil where there is none.
    var nextIn: Duration?
}
