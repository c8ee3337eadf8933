import Kafka
import MeshCore
import Outbox
import Wasm
import Workflows

/// Turns finished units into the rows of one commit.
///
/// Pure: what a failure leads to (answer, park, dead letter) is decided here and nowhere else.
struct BatchBuilder {
    var batch: BatchCommit
    var finishedOffsets: [Int64] = []
    /// The states of the keys that the runs touched. No two runs of a batch have a key in common: it is busy until the first one's commit.
    var states: [(key: StateKey, entry: StateEntry)] = []
    /// Those of the run that is being added.
    var current = RunStates()
    /// Where the writes of that run begin in the batch.
    var firstWrite = 0
    var parkedChange: [StateKey: Int] = [:]
    /// The parked rows of each key that are done with this commit.
    var parkedDoneCounts: [StateKey: Int] = [:]
    var workflowPlaces: [WorkflowID: Int] = [:]
    /// What became of what, method by method.
    var handled = HandlerTally()
    /// The parked rows of each key before this commit.
    let parkedCounts: [StateKey: Int]
    let partitionCount: Int32
    let parkedPerKeyMax: Int
    let now: Timestamp
    var generator: any RandomNumberGenerator & Sendable

    mutating func add(_ unit: CommitUnit) {
        switch unit {
        case .record(let offset, let rejection):
            if let rejection { reject(rejection, offset: offset) }
            finishedOffsets.append(offset)
        case .undeliverable(let row, let error):
            report(row, error)
            // A copy of a dead letter isn't one itself: redriven, its message would run once more.
            if row.topic != Topics.deadLetters(of: batch.partition.group) {
                batch.deadLetters.append(NewDeadLetter(refused: row, error: error))
            }
            // A workflow that called somebody whose topic is gone must learn of it; nobody else waits for a row's answer.
            if let address = row.message.extensions.answerTo.flatMap(AnswerAddress.init) {
                tell(address, .error, Array(error.json.utf8), traceparent: row.message.extensions.traceparent)
            }
        case .follower(let execution): park(execution, failure: nil, due: nil)
        case .run(let result):
            current = result.states
            firstWrite = batch.stateWrites.count
            result.results.withUnsafeBufferPointer { results in
                for index in results.indices { add(results[index], read: result.states) }
            }
            for execution in result.remaining where !execution.isParked { park(execution, failure: nil, due: nil) }
            states.append(contentsOf: current.entries)
        }
    }

    /// Whoever waits for an answer that the log won't take (too large, for one) gets the reason in its place.
    private mutating func report(_ row: OutboxRow, _ error: MeshError) {
        let extensions = row.message.extensions
        guard row.topic == Topics.replies, extensions.replyFor != nil, extensions.status == .ok else { return }
        var reply = row.message
        reply.id = MessageID.make(at: now)
        reply.data = Array(error.json.utf8)
        reply.extensions.status = .error
        publish(reply, to: row.topic, partition: row.partition)
    }

    private mutating func add(_ result: ExecutionResult, read: RunStates) {
        if let runTime = result.runTime, let name = result.runName { handled.ran(name, for: runTime) }
        switch result.outcome {
        case .done(let reply, let change, let messages):
            if let first = result.executions.first { write(change, to: first.stateKey, read: read) }
            for message in messages { send(message, to: Topics.topic(of: message.type)) }
            for execution in result.executions {
                answer(execution.message, status: .ok, data: reply)
                note(execution, .ok)
                settle(execution)
            }
        case .failed(let failure):
            let before = batch.parked.count
            // Those that a batch handler took together follow each other: only the first has a time, or the jitter would decide their order.
            for execution in result.executions {
                fail(execution, failure, isBehind: batch.parked.count > before)
            }
        case .activated(let activation, let record):
            add(activation, of: result.executions, record: record, read: read)
        case .scheduled(let effects): add(effects, of: result.executions)
        }
    }

    /// Writes one row per key and batch, whatever number of executions changed it.
    mutating func write(
        _ change: StateChange, to key: StateKey, read: RunStates
    ) {
        let data: [UInt8]?
        switch change {
        case .unchanged: return
        case .set(let bytes): data = bytes
        case .deleted: data = nil
        }
        let version = read.index(of: key).map { read.entries[$0].entry.version } ?? 0
        let write = StateWrite(key: key, expectedVersion: version, data: data)
        if let index = batch.stateWrites[firstWrite...].firstIndex(where: { $0.key == key }) {
            batch.stateWrites[index] = write
        } else {
            batch.stateWrites.append(write)
        }
        var entry = current[key] ?? .absent
        entry.version = data == nil ? 0 : write.newVersion
        entry.data = data
        current[key] = entry
    }

    /// To be called when all units are in it.
    ///
    /// What was to wait behind others of its key has to be due itself where the last of them is done by now: nobody else would wake it.
    mutating func finish() {
        var seen: Set<StateKey> = []
        for index in batch.parked.indices {
            let key = StateKey(service: batch.parked[index].service, key: batch.parked[index].key)
            guard seen.insert(key).inserted, batch.parked[index].due == nil,
                (parkedCounts[key] ?? 0) <= (parkedDoneCounts[key] ?? 0)
            else { continue }
            batch.parked[index].due = now
        }
    }

    // MARK: Failures

    /// `isBehind`: another of its key, parked by this batch, is tried again before it.
    mutating func fail(_ execution: Execution, _ failure: Failure, isBehind: Bool = false) {
        if failure.kind == .early {
            return park(execution, failure: failure, due: isBehind ? nil : now.advanced(by: BatchBuilder.earlyDelay))
        }
        if execution.isRetried(after: failure),
            let delay = execution.handler.retry.delay(afterAttempt: execution.attempt, using: &generator)
        {
            return park(execution, failure: failure, due: isBehind ? nil : now.advanced(by: delay))
        }
        giveUp(execution, failure)
    }

    /// The registry is looked at each second, and when something is deployed.
    private static let earlyDelay = Duration.milliseconds(300)

    /// The last word on an execution: an answer where somebody waits for one, a dead letter where nobody would learn of it otherwise.
    private mutating func giveUp(_ execution: Execution, _ failure: Failure) {
        let isAwaited = answer(execution.message, status: .error, data: Array(failure.told.json.utf8))
        // A workflow has its own retries, and the error in its journal.
        let isWorkflows = failure.kind == .retryable && execution.message.extensions.answerTo != nil
        let isOrdinaryAnswer = isWorkflows || [.refused, .badInput, .expired].contains(failure.kind)
        let isAnswer = isAwaited && isOrdinaryAnswer
        if !isAnswer { bury(execution, failure) }
        note(execution, isAnswer ? .failed : .dead)
        settle(execution)
    }

    mutating func bury(_ execution: Execution, _ failure: Failure) {
        bury(
            execution.message, offset: execution.offset, service: execution.handler.service,
            method: execution.handler.method, attempts: execution.attempt, failure)
    }

    private mutating func reject(_ rejection: CommitUnit.Rejection, offset: Int64) {
        let isAwaited = answer(rejection.message, status: .error, data: Array(rejection.failure.error.json.utf8))
        if !isAwaited {
            bury(
                rejection.message, offset: offset, service: rejection.service, method: nil, attempts: 0,
                rejection.failure, rawHeaders: rejection.headers, hasValue: rejection.hasValue)
        }
        handled.count(HandlerTally.unknown, isAwaited ? .failed : .dead)
    }

    private mutating func bury(
        _ message: Message, offset: Int64, service: String, method: String?, attempts: Int, _ failure: Failure,
        rawHeaders: [KafkaHeader] = [], hasValue: Bool = true
    ) {
        let headers =
            rawHeaders.isEmpty
            ? MessageCodec.headers(of: message, stamp: nil)
            : rawHeaders.map { WireHeader(name: $0.name, value: $0.value ?? []) }
        batch.deadLetters.append(
            NewDeadLetter(
                offset: offset, service: service, method: method, key: message.key, messageID: message.id,
                type: message.type, source: message.source, payload: hasValue ? message.data : nil,
                headers: headers, attempts: attempts, error: failure.error,
                digest: failure.digest))
        publish(message.mirror, to: Topics.deadLetters(of: service), partition: nil)
    }

    private mutating func park(_ execution: Execution, failure: Failure?, due: Timestamp?) {
        // Without having run, it hasn't been tried.
        let attempts = failure.map { $0.kind != .early } ?? false ? execution.attempt : execution.attempt - 1
        if case .parked(let id) = execution.source {
            guard let failure, let due else { return }
            note(execution, .parked)
            batch.parkedAgain.append(
                ParkedAttempt(
                    id: id, attempts: attempts, due: due, error: failure.error, digest: failure.digest))
            return
        }
        // The owner looks again when there is reason to.
        if execution.source == .look { return }
        // What waits behind another hasn't been looked at: it must be text to wait in a table.
        guard execution.message.data.isStorableText else {
            let error = MeshError(.invalidRequest, "the data of \(execution.message.type) isn't UTF-8 text")
            return giveUp(execution, Failure(kind: .badInput, error: error))
        }
        let count = (parkedCounts[execution.orderKey] ?? 0) + (parkedChange[execution.orderKey] ?? 0)
        guard count < parkedPerKeyMax || execution.handler.kind.isBoundElsewhere else {
            let error = MeshError(
                .resourceExhausted,
                "\(count) messages are parked behind \(execution.orderKey) already; the bound is \(parkedPerKeyMax)",
                retryable: true)
            return giveUp(execution, Failure(kind: .denied, error: error))
        }
        // What waits behind another hasn't been handled yet.
        if failure != nil { note(execution, .parked) }
        parkedChange[execution.orderKey, default: 0] += 1
        batch.parked.append(
            NewParkedMessage(
                offset: execution.offset, service: execution.handler.service, method: execution.handler.method,
                key: execution.orderKey.key, message: execution.message,
                attempts: attempts, due: due,
                error: failure?.error, digest: failure?.digest, firstRunAt: execution.firstRunAt))
        leave(execution)
    }

    // MARK: Ends

    /// The execution is done for good.
    mutating func settle(_ execution: Execution) {
        endScheduled(execution)
        switch execution.source {
        case .log, .timer, .look: leave(execution)
        case .parked(let id):
            batch.parkedDone.append(id)
            parkedDoneCounts[execution.orderKey, default: 0] += 1
            parkedChange[execution.orderKey, default: 0] -= 1
        }
    }

    /// What it came from is dealt with: a record is done, a timer is gone.
    private mutating func leave(_ execution: Execution) {
        switch execution.source {
        case .log(let offset): finishedOffsets.append(offset)
        case .timer(let timer): batch.timersRemoved.append(timer)
        case .parked, .look: break
        }
    }

    /// Sends and keeps the answer as the call asks; false when nobody waits for it, though somebody may yet ask what became of the call.
    @discardableResult
    mutating func answer(_ call: Message, status: ReplyStatus, data: [UInt8]) -> Bool {
        answer(id: call.id, type: call.type, call.extensions, status: status, data: data)
    }

    @discardableResult
    mutating func answer(
        id: String, type: String, _ extensions: MessageExtensions, status: ReplyStatus, data: [UInt8]
    ) -> Bool {
        if extensions.keepsResult {
            batch.callResults.append(CallResult(id: id, status: status, data: data))
        }
        // Anybody may write any number there; all topics of a mesh have the same partitions.
        let replyTo = extensions.replyTo.flatMap { $0 < partitionCount ? $0 : nil }
        if let partition = replyTo {
            let reply = Message(
                id: MessageID.make(at: now), type: "mesh.reply", source: "/" + type, time: now, key: id,
                data: data,
                extensions: MessageExtensions(
                    traceparent: extensions.traceparent, replyFor: id, status: status))
            publish(reply, to: Topics.replies, partition: partition)
        }
        let address = extensions.answerTo.flatMap(AnswerAddress.init)
        if let address { tell(address, status, data, traceparent: extensions.traceparent) }
        return replyTo != nil || address != nil
    }

    /// Of what code sends, some is to be sent later; what is due by now, too, or it would overtake what is due before it.
    mutating func send(_ message: Message, to topic: String) {
        guard let due = message.extensions.due else { return publish(message, to: topic, partition: nil) }
        batch.delayedSends.append(DelayedSend(due: due, topic: topic, message: message))
    }

    mutating func publish(_ message: Message, to topic: String, partition: Int32?) {
        let target = partition ?? Partitioner.partition(of: message.key ?? message.id, count: partitionCount)
        batch.outbox.append(
            OutboxRow(sequence: batch.nextSequence, topic: topic, partition: target, message: message))
        batch.nextSequence += 1
    }
}
