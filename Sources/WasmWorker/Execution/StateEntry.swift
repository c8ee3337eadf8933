/// The state of one key as committed or as an execution left it.
struct StateEntry: Sendable, Equatable {
    /// 0 when there is no row.
    var version: Int64
    /// The JSON object; nil when there is no state.
    var data: [UInt8]?

    static let absent = StateEntry(version: 0, data: nil)
}
