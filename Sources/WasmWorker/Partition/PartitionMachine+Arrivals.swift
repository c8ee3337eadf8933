import MeshCore
import Outbox

extension PartitionMachine {
    /// Records came from the log, in its order; `known` are the states of their keys, as far as they are at hand.
    mutating func fetched(_ records: [FetchedRecord], known: [StateEntry?] = []) {
        for (index, record) in records.enumerated() {
            let sighting = offsets.see(record.offset)
            if sighting == .old { continue }
            // What an earlier owner did counts for the lane too: it may be published again further on.
            let verdict = record.stamp.map { lanes.judge($0, at: record.offset) } ?? .fresh
            if sighting == .done {
                // Gaps below it are known now, so the stored position may move on even if nothing else comes.
                finish(.record(offset: record.offset, rejection: nil))
                continue
            }
            guard verdict == .fresh else {
                open[record.offset] = OpenRecord(byteCount: 0, inboxID: nil)
                finish(.record(offset: record.offset, rejection: nil))
                continue
            }
            let record = lanes.isDoubtful(record.stamp) ? record.knownByID : record
            open[record.offset] = OpenRecord(byteCount: record.byteCount, inboxID: record.inboxID)
            queuedBytes += record.byteCount
            guard distant.isEmpty, record.offset < offsets.bitmapEnd else {
                distant.append(record)
                continue
            }
            let state = index < known.count ? known[index] : nil
            if isKnown(record, state) {
                admit(record, state)
            } else {
                arrivals.append(record)
            }
        }
    }

    /// Whether nothing has to be looked up for a record, nor for one before it: then it is queued at once.
    private func isKnown(_ record: FetchedRecord, _ state: StateEntry?) -> Bool {
        guard arrivals.isEmpty, loading.isEmpty, record.inboxID == nil else { return false }
        guard case .execution(let execution) = record.content else { return true }
        guard knowsAllParked || parkedCounts[execution.orderKey] != nil else { return false }
        let needsContents = execution.handler.kind.needsContents
        if state != nil, !needsContents { return true }
        guard let place = states.index(forKey: execution.stateKey) else { return false }
        return (state != nil || states.values[place].entry != nil)
            && (!needsContents || states.values[place].contents != nil)
    }

    /// The load that `actions` asked for is answered.
    mutating func loaded(
        knownIDs: Set<ExactText>, states found: [StateKey: StateEntry], parked: [StateKey: Int],
        contents: [StateKey: KeyContents] = [:]
    ) {
        isLoading = false
        let changed = parkedChangedSinceLoad.union(keysWithParkedInCommit)
        for (key, count) in parked where count > 0 && !changed.contains(key) {
            parkedCounts[key] = max(parkedCounts[key] ?? 0, count)
        }
        // What was read of a key's parked rows may be out of date: then its records ask again, in their order.
        let outdated = knowsAllParked ? [] : changed.filter { parkedCounts[$0] == nil }
        parkedChangedSinceLoad = []
        var again: [FetchedRecord] = []
        for record in loading {
            if let key = record.orderKey, outdated.contains(key) {
                again.append(record)
                continue
            }
            var isKnown = false
            if let id = record.inboxID.map({ ExactText($0) }) {
                isKnown = knownIDs.contains(id) || !openIDs.insert(id).inserted
            }
            if isKnown {
                finish(.record(offset: record.offset, rejection: nil))
                open[record.offset]?.inboxID = nil
            } else {
                admit(record, record.stateKey.flatMap { found[$0] })
            }
        }
        loading = []
        arrivals.insert(contentsOf: again, at: 0)
        takeIn(found, contents)
    }

    /// What was read of keys that are in use; what is known already is newer.
    private mutating func takeIn(_ found: [StateKey: StateEntry], _ contents: [StateKey: KeyContents]) {
        // Records that arrived have theirs already: what is left was asked for without one.
        for key in loadingStates.union(wantedStates) where states[key]?.entry == nil {
            guard let entry = found[key] else { continue }
            states[key]?.entry = entry
            wantedStates.remove(key)
        }
        loadingStates = []
        for (key, value) in contents where states[key] != nil && states[key]?.contents == nil {
            states[key]?.contents = value
            wantedContents.remove(key)
        }
    }

    /// Queues a record's executions; its order keys' turns come in the order of the log.
    private mutating func admit(_ record: FetchedRecord, _ state: StateEntry?) {
        switch record.content {
        case .rejected(let rejection):
            finish(.record(offset: record.offset, rejection: rejection))
        case .ignored: finish(.record(offset: record.offset, rejection: nil))
        case .execution(let execution):
            retainState(of: execution, state)
            let isCandidate = queues[execution.orderKey, default: KeyQueue()].append(execution)
            if isCandidate { candidates.append(execution.orderKey) }
        }
    }

    /// Keeps the state of an execution; `state` is what was just read, which counts where nothing newer is known.
    mutating func retainState(of execution: Execution, _ state: StateEntry? = nil) {
        let key = execution.stateKey
        let (hasEntry, hasContents) = states[key, default: StateSlot()].retain(orElse: state)
        if !hasEntry { wantedStates.insert(key) }
        if !hasContents, execution.handler.kind.needsContents { wantedContents.insert(key) }
    }

    mutating func releaseState(_ key: StateKey) {
        guard let place = states.index(forKey: key) else { return }
        release(key, at: place, users: 1)
    }

    /// Counts users of the state at `place` out; without any it is forgotten.
    mutating func release(_ key: StateKey, at place: [StateKey: StateSlot].Index, users: Int) {
        states.values[place].users -= users
        guard states.values[place].users <= 0, !states.values[place].isBusy else { return }
        states.remove(at: place)
        if !wantedStates.isEmpty { wantedStates.remove(key) }
        if !wantedContents.isEmpty { wantedContents.remove(key) }
    }

    mutating func makeCandidate(_ key: StateKey) {
        guard let place = queues.index(forKey: key), queues.values[place].becomeCandidate() else { return }
        candidates.append(key)
    }

    /// Puts `unit` among what the next commit takes.
    mutating func finish(_ unit: CommitUnit) {
        finished.append(unit)
        finishedWeight += unit.weight
    }

    /// The same for what comes before everything else, since it was tried already.
    mutating func finishFirst(_ units: [CommitUnit]) {
        finished.insert(contentsOf: units, at: 0)
        finishedWeight += units.reduce(0) { $0 + $1.weight }
    }

    /// Takes in what fetching brought before it paused and what could not be noted as done until now: the lowest open record is done.
    private mutating func takeInDistant() {
        guard let next = distant.first else { return }
        let end = offsets.bitmapEnd
        // A good many at a time, since what is taken in is looked up together; fewer only where nothing else is left to do.
        let isRoomy = next.offset + Int64(OffsetTracker.spanMax / 4) <= end
        guard isRoomy || (next.offset < end && open.count == distant.count) else { return }
        arrivals.append(contentsOf: distant.prefix { $0.offset < end })
        distant = distant.drop { $0.offset < end }
        // What is taken stays in memory until the list is made anew.
        if distant.startIndex > distant.count { distant = ArraySlice(Array(distant)) }
    }

    /// The load that is due: what arrived, as far as its keys fit into one, and the states that are missing; nil when there is nothing to look up.
    mutating func nextLoad() -> PartitionAction? {
        guard !isLoading else { return nil }
        takeInDistant()
        guard !arrivals.isEmpty || !wantedStates.isEmpty || !wantedContents.isEmpty else { return nil }
        // Executions that are queued already wait for these.
        loadingStates = wantedStates.takeSome(limits.loadKeysMax)
        var keys = loadingStates
        var contents = wantedContents.takeSome(limits.loadContentsMax)
        var parkedKeys: Set<StateKey> = []
        var ids: [String] = []
        let fitting = arrivals.prefix { record in
            guard case .execution(let execution) = record.content else { return true }
            return addWants(of: execution, to: &keys, &contents)
        }
        for record in fitting {
            if let inboxID = record.inboxID { ids.append(inboxID) }
            guard let key = record.orderKey, !knowsAllParked, parkedCounts[key] == nil else { continue }
            parkedKeys.insert(key)
        }
        loading = Array(fitting)
        arrivals.removeFirst(loading.count)
        guard !ids.isEmpty || !keys.isEmpty || !parkedKeys.isEmpty || !contents.isEmpty else {
            let nothingToAsk = !loading.isEmpty
            if nothingToAsk { loaded(knownIDs: [], states: [:], parked: [:]) }
            return nil
        }
        isLoading = true
        return .load(ids: ids, states: Array(keys), parked: Array(parkedKeys), contents: Array(contents))
    }

    /// Adds what has to be read for an execution; false where that doesn't fit into one load any more.
    private func addWants(of execution: Execution, to keys: inout Set<StateKey>, _ contents: inout Set<StateKey>)
        -> Bool
    {
        let key = execution.stateKey
        let slot = states[key]
        let isNewKey = slot?.entry == nil && !keys.contains(key)
        let isNewContents =
            execution.handler.kind.needsContents && slot?.contents == nil && !contents.contains(key)
        if isNewKey, keys.count >= limits.loadKeysMax { return false }
        if isNewContents, contents.count >= limits.loadContentsMax { return false }
        if isNewKey { keys.insert(key) }
        if isNewContents { contents.insert(key) }
        return true
    }
}

extension Set {
    /// Takes at most so many elements out.
    fileprivate mutating func takeSome(_ most: Int) -> Set {
        guard count > most else {
            defer { self = [] }
            return self
        }
        let some = Set(prefix(most))
        subtract(some)
        return some
    }
}
