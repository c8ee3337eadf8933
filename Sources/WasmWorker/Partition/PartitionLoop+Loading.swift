import MeshCore
import Outbox

// What the machine wants to know of the store: answered by an event, or a fault.

extension PartitionLoop {
    func load(
        ids: [String], states: [StateKey], parked: [StateKey], contents: [StateKey], epoch: Int64
    ) {
        var cached = environment.states.entries(for: states)
        let missing = states.filter { cached[$0] == nil }
        let schedules = contents.filter { ScheduleRow.method(ofKey: $0.key) != nil }
        let recent = contents.isEmpty ? [:] : environment.workflows.records(for: contents, epoch: epoch)
        let workflows = contents.filter { recent[$0] == nil && ScheduleRow.method(ofKey: $0.key) == nil }
        if ids.isEmpty, missing.isEmpty, parked.isEmpty, workflows.isEmpty, schedules.isEmpty {
            var result = LoadResult(state: cached.mapValues(StateRow.init))
            result.workflows = recent.compactMapValues(\.self)
            return mailbox.post(.loaded(result, contents: contents))
        }
        let known = cached
        cached = [:]
        let request = LoadRequest(
            partition: id, externalIDs: ids, stateKeys: missing, parkedKeys: parked,
            workflows: workflows, schedules: schedules)
        Task { [environment, mailbox] in
            do throws(StoreError) {
                var result = try await environment.store.load(request)
                for key in missing where result.state[key] == nil { result.state[key] = StateRow(version: 0, data: []) }
                for (key, entry) in known { result.state[key] = StateRow(entry) }
                for (key, record) in recent { result.workflows[key] = record }
                mailbox.post(.loaded(result, contents: contents))
            } catch {
                mailbox.post(.fault("loading: \(error)"))
            }
        }
    }

    func loadParked(limit: Int, excluding: Set<StateKey>, now: Timestamp) {
        Task { [environment, mailbox, id] in
            do throws(StoreError) {
                let due = try await environment.store.dueParked(id, at: now, limit: limit, excluding: excluding)
                var rows: [StateKey: [ParkedMessage]] = [:]
                var cutShort: Set<StateKey> = []
                var nextDue = due.nextDue
                var bytes = 0
                for head in due.messages {
                    // The others are due still.
                    guard bytes < environment.limits.queuedBytesMax else {
                        nextDue = now
                        break
                    }
                    // One more than wanted tells whether there are more.
                    let most = environment.limits.keyRunMax
                    let followers = try await environment.store.parkedFollowers(
                        id, of: head.stateKey, after: head.id, limit: most + 1)
                    if followers.count > most { cutShort.insert(head.stateKey) }
                    let all = [head] + followers.prefix(most)
                    rows[head.stateKey] = all
                    bytes += all.reduce(0) { $0 + $1.message.data.count }
                }
                mailbox.post(.parkedLoaded(rows: rows, cutShort: cutShort, nextDue: nextDue))
            } catch {
                mailbox.post(.fault("reading parked messages: \(error)"))
            }
        }
    }

    func loadTimers(limit: Int, excluding: Set<WorkflowID>, now: Timestamp) {
        Task { [environment, mailbox, id] in
            do throws(StoreError) {
                mailbox.post(
                    .timersLoaded(
                        try await environment.store.dueTimers(id, at: now, limit: limit, excluding: excluding)))
            } catch {
                mailbox.post(.fault("reading timers: \(error)"))
            }
        }
    }
}

extension StateRow {
    fileprivate init(_ entry: StateEntry) { self.init(version: entry.version, data: entry.data ?? []) }
}
