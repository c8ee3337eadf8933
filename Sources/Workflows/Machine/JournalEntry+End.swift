import MeshCore
import Outbox
import Wasm

extension MeshError {
    /// What ends a run whose journal has as many entries as it may have.
    static func journalIsFull(_ run: Int32, _ entries: Int) -> MeshError {
        MeshError(
            .resourceExhausted,
            "\(journalOfRun)\(run) has \(entries) entries, which is the limit; end a run in time with continueAsNew")
    }

    fileprivate static var journalOfRun: String { "the journal of run " }
}

extension JournalEntry {
    /// True for an end of the run that came over its code: an operator's, or the limit's. What the code does there is neither right nor wrong.
    var saysNothingOfTheCode: Bool {
        switch kind {
        case .terminated: return true
        case .continued: return name == "reset"
        case .threw:
            guard let error = JSONMembers(result ?? []) else { return false }
            return error.string("code") == ErrorCode.resourceExhausted.rawValue
                && error.string("message")?.hasPrefix(MeshError.journalOfRun) ?? false
        default: return false
        }
    }
}
