package import MeshCore
package import Outbox

/// The decisions of a workflow as its journal has them: what its code is told, during the first run and every replay alike.
///
/// A pure value over the journal of one run, linear in its length. The code's calls are mutating methods; what is new is
/// appended by the owner, with the same `append` that takes events.
package struct WorkflowMachine: Sendable {
    private let base: [JournalEntry]
    /// What was appended to the journal that it was made from.
    package private(set) var appended: [JournalEntry] = []
    /// The sequence of the next entry.
    package private(set) var nextSequence: Int64
    /// The place of the run's `started`.
    private var start = 0

    // What the whole journal says.
    /// At `op` − 1.
    package internal(set) var operations: [OperationState] = []
    /// `completedAt` of each operation once more, `.max` while it is open: waits for thousands of operations look at nothing else.
    var completions: [Int64] = []
    /// The places of commands.
    var commands: [Int] = []
    var signals: [String: SignalBox] = [:]
    /// Names of signals that the code takes no more of.
    var closedSignals: Set<String> = []
    package internal(set) var earlySignalCount = 0
    /// The places of signals whose senders wait for an answer of the code.
    package internal(set) var asking: Set<Int> = []
    package internal(set) var openOperationCount = 0
    /// The place of the first `cancelRequested`.
    package internal(set) var cancelRequest: Int?
    /// The places of `joined`.
    package internal(set) var joined: [Int] = []

    // What the code knows so far.
    /// Commands that the code has come by.
    package internal(set) var step = 0
    /// Operations that it has begun.
    package internal(set) var begun: Int32 = 0
    /// The highest sequence of a command matched or a completion delivered: what is above it hasn't happened yet for the code.
    package internal(set) var horizon: Int64 = 0
    /// The time at the horizon.
    package internal(set) var now: Timestamp
    package internal(set) var isCancelDelivered = false
    /// Receives that it was told have got their signals.
    var told: Set<Int32> = []
    /// Those whose signals it has answered.
    var replied: Set<Int32> = []
    var patches: [String: Bool] = [:]
    /// Configuration values that it has asked for.
    var configuration: [String: String?] = [:]
    var groups: [OperationGroup] = []
    /// The group of each operation, at `op` − 1; 0 for none. Not longer than need be.
    var groupOf: [Int32] = []

    /// - Parameter journal: begins with the run's `started`; empty for a workflow that is about to start.
    package init(_ journal: [JournalEntry], nextSequence: Int64, at time: Timestamp) {
        base = journal
        self.nextSequence = nextSequence
        now = journal.first?.at ?? time
        horizon = journal.first?.sequence ?? nextSequence
        operations.reserveCapacity(journal.count / 2)
        commands.reserveCapacity(journal.count / 2)
        for place in journal.indices { index(journal[place], at: place) }
    }

    /// What comes now is another run's.
    mutating func restart() {
        start = count
        operations = []
        completions = []
        commands = []
        signals = [:]
        closedSignals = []
        earlySignalCount = 0
        asking = []
        openOperationCount = 0
        cancelRequest = nil
        joined = []
        rewind()
    }

    /// The code runs again from its start.
    package mutating func rewind() {
        step = 0
        begun = 0
        isCancelDelivered = false
        told = []
        replied = []
        patches = [:]
        configuration = [:]
        groups = []
        groupOf = []
        horizon = first?.sequence ?? nextSequence
        now = first?.at ?? now
    }

    /// The run's `started`; nil before it was appended.
    package var first: JournalEntry? { start < count ? self[start] : nil }

    /// The entries of the run.
    package var entries: [JournalEntry] { (start..<count).map { self[$0] } }

    /// The sequences of signals whose senders wait for an answer of the code.
    var askingEntries: Set<Int64> { Set(asking.map { self[$0].sequence }) }

    /// The length of the run.
    package var runLength: Int { count - start }

    /// The number of entries.
    package var count: Int { base.count + appended.count }

    package subscript(place: Int) -> JournalEntry {
        _read { if place < base.count { yield base[place] } else { yield appended[place - base.count] } }
    }

    /// Whether `op` was begun in this run, by whatever the journal says.
    package func operation(_ op: Int32) -> OperationState? {
        op > 0 && Int(op) <= operations.count ? operations[Int(op) - 1] : nil
    }

    /// Appends an entry, whose sequence is given here; returns the operation that it completes.
    @discardableResult
    package mutating func append(_ entry: JournalEntry) -> Int32? {
        var entry = entry
        entry.sequence = nextSequence
        nextSequence += 1
        let place = count
        appended.append(entry)
        return index(entry, at: place)
    }

    /// Recorded commands are left: the code is where it has been before.
    package var isReplaying: Bool { step < commands.count }

    mutating func know(_ sequence: Int64, _ time: Timestamp) {
        if sequence > horizon {
            horizon = sequence
            now = time
        }
    }
}
