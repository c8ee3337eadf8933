import MeshCore

extension PartitionMachine {
    /// Records came from the log, in its order.
    mutating func fetched(_ records: [FetchedRecord]) {
        for record in records where offsets.see(record.offset) {
            if let stamp = record.stamp, lanes.judge(stamp, at: record.offset) != .fresh {
                open[record.offset] = OpenRecord(executions: 0, byteCount: 0, inboxID: nil)
                finish(.record(offset: record.offset, inboxID: nil, rejection: nil))
                continue
            }
            open[record.offset] = OpenRecord(executions: 0, byteCount: record.byteCount, inboxID: record.inboxID)
            queuedBytes += record.byteCount
            arrivals.append(record)
        }
    }

    /// The load that `actions` asked for is answered.
    mutating func loaded(knownIDs: Set<String>, states found: [ServiceKey: StateEntry], parked: [ServiceKey: Int]) {
        isLoading = false
        for (key, entry) in found where states[key] != nil { states[key]?.entry = entry }
        for (key, count) in parked where count > 0 { parkedCounts[key] = max(parkedCounts[key] ?? 0, count) }
        var seen = knownIDs
        for record in loading {
            // Twice within one fetch counts as well.
            let isKnown = record.inboxID.map { !seen.insert($0).inserted } ?? false
            if isKnown {
                finish(.record(offset: record.offset, inboxID: nil, rejection: nil))
                open[record.offset]?.inboxID = nil
            } else {
                admit(record)
            }
        }
        loading = []
        for key in queues.keys where !(queues[key]?.isBusy ?? true) { makeCandidate(key) }
    }

    /// Queues a record's executions; its order keys' turns come in the order of the log.
    private mutating func admit(_ record: FetchedRecord) {
        switch record.content {
        case .rejected(let service, let message, let failure):
            let rejection = CommitUnit.Rejection(service: service, message: message, failure: failure)
            finish(.record(offset: record.offset, inboxID: record.inboxID, rejection: rejection))
        case .executions(let executions) where executions.isEmpty:
            finish(.record(offset: record.offset, inboxID: record.inboxID, rejection: nil))
        case .executions(let executions):
            open[record.offset]?.executions = executions.count
            for execution in executions {
                retainState(execution.stateKey)
                var queue = queues[execution.orderKey] ?? KeyQueue()
                if queue.waiting.isEmpty { queue.waitingSince = execution.firstRunAt }
                queue.waiting.append(execution)
                queues[execution.orderKey] = queue
                makeCandidate(execution.orderKey)
            }
        }
    }

    mutating func retainState(_ key: ServiceKey) {
        var slot = states[key] ?? StateSlot()
        slot.users += 1
        if slot.entry == nil { wantedStates.insert(key) }
        states[key] = slot
    }

    mutating func releaseState(_ key: ServiceKey) {
        guard var slot = states[key] else { return }
        slot.users -= 1
        if slot.users <= 0, !slot.isBusy {
            states[key] = nil
            wantedStates.remove(key)
        } else {
            states[key] = slot
        }
    }

    mutating func makeCandidate(_ key: ServiceKey) {
        if isCandidate.insert(key).inserted { candidates.append(key) }
    }

    /// Puts `unit` among what the next commit takes.
    mutating func finish(_ unit: CommitUnit) { finished.append(unit) }

    /// The load that is due: everything that arrived, and the states that are missing; nil when there is nothing to look up.
    mutating func nextLoad() -> PartitionAction? {
        guard !isLoading else { return nil }
        let ids = arrivals.compactMap(\.inboxID)
        var keys: [ServiceKey] = []
        var parkedKeys: Set<ServiceKey> = []
        for record in arrivals {
            guard case .executions(let executions) = record.content else { continue }
            for execution in executions {
                if states[execution.stateKey]?.entry == nil { keys.append(execution.stateKey) }
                if !knowsAllParked, parkedCounts[execution.orderKey] == nil { parkedKeys.insert(execution.orderKey) }
            }
        }
        keys.append(contentsOf: wantedStates)
        wantedStates.removeAll()
        loading = arrivals
        arrivals = []
        guard !ids.isEmpty || !keys.isEmpty || !parkedKeys.isEmpty else {
            let nothingToAsk = !loading.isEmpty
            if nothingToAsk { loaded(knownIDs: [], states: [:], parked: [:]) }
            return nil
        }
        isLoading = true
        return .load(ids: ids, states: Array(Set(keys)), parked: Array(parkedKeys))
    }
}
