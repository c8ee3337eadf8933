#if !arch(wasm32)
    /// One activation of a workflow in a test: runs code over a journal, as docs/design/workflows.md says.
    ///
    /// Lives on the activation's thread while the test waits for it.
    final class WorkflowMachine: @unchecked Sendable {
        struct Completion {
            var sequence: Int
            var result: String
            var isError: Bool
        }

        let run: Int
        let workflow: TestWorkflow
        /// The journal of the run with what this activation adds.
        private(set) var entries: [JournalEntry]
        private let commands: [JournalEntry]
        private var cursor = 0
        private var horizon = 0
        private(set) var operations: Int32 = 0
        /// By operation, from 1.
        private var completions: [Completion?] = [nil]
        var open: Set<Int32> = []
        /// The local steps, and the calls that go their own way.
        private(set) var locals: Set<Int32> = []
        var detached: Set<Int32> = []
        var openDetachedCount = 0
        /// The entries that the mesh would have, without those of who waits for the end.
        private(set) var entriesInMesh = 0
        var openReceives: [(operation: Int32, name: String)] = []
        /// The signals that receives have got, and which of them the code was told of.
        var received: [Int32: JournalEntry] = [:]
        private(set) var told: Set<Int32> = []
        /// The receives whose signals the code has answered, as far as it has come.
        var replied: Set<Int32> = []
        var earlySignals: [JournalEntry] = []
        private(set) var cancelSequence: Int?
        private var cancelReason = ""
        private var isCancelDelivered = false
        private let committedCount: Int
        var state: String?
        var emitted: [TestMesh.Emitted] = []
        /// What the code logged, but for what is replayed.
        var loggedByCode: [TestMesh.LogLine] = []
        /// What its local steps logged.
        private(set) var loggedBySteps: [TestMesh.LogLine] = []
        /// What local steps sent, by the sequence of the step's answer.
        private(set) var stepSends: [Int: [TestMesh.Sent]] = [:]
        var lastError = ""
        private var continuation: String?
        /// The code had been told of a cancellation when it asked for the next run.
        private(set) var isContinuedThoughCancelled = false
        private var patches: [String: Int32] = [:]
        var configuration: [String: String?] = [:]
        /// Signals that the code takes no more of.
        private(set) var closedSignals: Set<String> = []
        /// The members of each group that weren't handed out.
        var groups: [[Int32]] = []
        /// What the code returned, as the wire carries it.
        var reply = "{}"
        private(set) var ending = Ending.suspended

        init(_ workflow: TestWorkflow, _ entries: [JournalEntry], state: String?) {
            self.workflow = workflow
            self.entries = []
            run = workflow.run
            self.state = state
            commands = entries.filter(\.kind.isCommand)
            committedCount = entries.count
            for entry in entries { apply(entry) }
        }

        /// The last entry that was there before this activation; nil for none.
        var lastCommitted: JournalEntry? { committedCount > 0 ? entries[committedCount - 1] : nil }
        /// What this activation adds.
        var added: ArraySlice<JournalEntry> { entries[committedCount...] }
        var isReplaying: Bool { cursor < commands.count }
        /// The next command that was recorded; whether the code still asks about a change is its business.
        private var nextCommand: JournalEntry? { commands[cursor...].first { $0.kind != .patch } }
        var now: Int64 { at(horizon).epochMicroseconds }
        var deliveredCancelReason: String? { isCancelDelivered ? cancelReason : nil }

        private func at(_ sequence: Int) -> DateTime {
            guard let first = entries.first else { return workflow.world.now }
            let index = sequence - first.sequence
            return entries.indices.contains(index) ? entries[index].at : first.at
        }

        func finish(_ ending: Ending) {
            if case .stuck = self.ending { return }
            if let recorded = nextCommand {
                return differ(from: recorded, found: ending.description)
            }
            self.ending = continuation.map { .continued($0) } ?? ending.asMeshTakesIt
        }

        /// Its code can't go on, and isn't run again.
        func getStuck(_ error: MeshError) { ending = .stuck(error) }

        // MARK: The journal

        @discardableResult
        private func append(
            _ kind: JournalEntry.Kind, _ operation: Int32?, _ name: String, key: String? = nil, _ data: String = "",
            error: MeshError? = nil, options: String = ""
        ) -> JournalEntry {
            let entry = JournalEntry(
                sequence: (entries.last?.sequence ?? workflow.lastSequence) + 1, kind: kind, operation: operation,
                name: name, key: key, data: data, error: error, options: options, at: workflow.world.now)
            apply(entry)
            return entry
        }

        private func apply(_ entry: JournalEntry) {
            entries.append(entry)
            let operation = entry.operation ?? 0
            entriesInMesh += entriesInMesh(for: entry)
            // What was refused has begun nothing.
            if entry.isRefused { return }
            switch entry.kind {
            case .call:
                open.insert(operation)
                if entry.isDetached { noteDetached(operation) }
            case .timer: open.insert(operation)
            case .local:
                open.insert(operation)
                locals.insert(operation)
            case .receive:
                open.insert(operation)
                closedSignals.remove(entry.name)
                if let index = earlySignals.firstIndex(where: { $0.name == entry.name }) {
                    // It came then, so what came after it is later.
                    let signal = earlySignals.remove(at: index)
                    received[operation] = signal
                    complete(operation, signal.sequence, signal.data)
                } else {
                    openReceives.append((operation, entry.name))
                }
            case .signal:
                deliver(entry, at: entry.sequence)
            case .answered: complete(operation, isAtOnce(entry) ? entry.sequence - 1 : entry.sequence, entry.data)
            case .failed: if entry.operation != nil { complete(operation, entry.sequence, entry.error) }
            case .fired: complete(operation, entry.sequence, "{}")
            case .cancel:
                switch entry.options {
                case "": complete(operation, entry.sequence, MeshError.cancelled("the workflow has given it up"))
                case JournalEntry.asksChild: break
                default: giveBack(operation, entry)
                }
            case .cancelRequested:
                if cancelSequence == nil { (cancelSequence, cancelReason) = (entry.sequence, entry.name) }
            case .closed: closedSignals.insert(entry.name)
            case .emit, .send, .read, .write, .patch, .config, .reply, .started, .retried, .completed, .cancelled,
                .continued:
                break
            }
        }

        /// A local step that succeeds is one entry in the mesh: the code knows of its end as soon as it has come by it.
        func isAtOnce(_ answer: JournalEntry) -> Bool {
            guard let command = entries.dropLast().last else { return false }
            return command.kind == .local && command.operation == answer.operation
        }

        func complete(_ operation: Int32, _ sequence: Int, _ result: String) {
            guard remove(operation) else { return }
            openReceives.removeAll { $0.operation == operation }
            complete(operation, Completion(sequence: sequence, result: result, isError: false))
        }

        private func complete(_ operation: Int32, _ sequence: Int, _ error: MeshError?) {
            guard remove(operation) else { return }
            openReceives.removeAll { $0.operation == operation }
            let text = (error ?? .internalError("no error")).asCallersGetIt.jsonText
            complete(operation, Completion(sequence: sequence, result: text, isError: true))
        }

        func complete(_ operation: Int32, _ completion: Completion) {
            while completions.count <= Int(operation) { completions.append(nil) }
            completions[Int(operation)] = completion
        }

        private func completion(of operation: Int32) -> Completion? {
            completions.indices.contains(Int(operation)) ? completions[Int(operation)] : nil
        }

        /// Takes the next recorded command, if there is one, and makes sure that it is this one.
        func matched(
            _ kind: [JournalEntry.Kind], _ name: String, key: String? = nil, _ data: String?
        ) -> JournalEntry? {
            let keyed = key.map { " of key \"\($0)\"" } ?? ""
            return matched("\(kind[0].rawValue) \(name)\(keyed) \(data ?? "")") { recorded in
                kind.contains(recorded.kind) && recorded.name == name && (data == nil || recorded.data == data)
                    && workflow.agrees(key, with: recorded)
            }
        }

        /// The same for a command that `agrees` compares.
        func matched(_ command: String, _ agrees: (JournalEntry) -> Bool) -> JournalEntry? {
            crashPoint()
            passPatches()
            guard isReplaying else { return nil }
            let recorded = commands[cursor]
            guard agrees(recorded) else {
                differ(from: recorded, found: command)
                leave()
            }
            cursor += 1
            horizon = max(horizon, recorded.sequence)
            return recorded
        }

        func record(
            _ kind: JournalEntry.Kind, _ operation: Int32? = nil, _ name: String, key: String? = nil,
            _ data: String = "", error: MeshError? = nil, options: String = ""
        ) {
            requireRoom()
            horizon = append(kind, operation, name, key: key, data, error: error, options: options).sequence
        }

        private func crashPoint() {
            guard workflow.world.isCrashing() else { return }
            ending = .crashed
            leave()
        }

        private func differ(from recorded: JournalEntry, found: String) {
            let key = recorded.key.map { " of key \"\($0)\"" } ?? ""
            differ(
                "entry \(recorded.sequence) of \(workflow.id) is `\(recorded)\(key) \(recorded.data)`, and the code did `\(found)`"
            )
        }

        private func differ(_ difference: String) { getStuck(MeshError("NONDETERMINISM", difference)) }

        /// Ends the run, whatever its code would do.
        func fail(_ error: MeshError) -> Never {
            ending = .failed(error)
            leave()
        }

        private func leave() -> Never { ActivationThread.leave() }

        // MARK: What the code asks for

        func begin(_ kind: OperationKind, _ name: String, key: String?, _ data: String, _ options: String) -> Int32 {
            let kinds: [JournalEntry.Kind] =
                switch kind {
                case .timer: [.timer]
                case .receive: [.receive]
                case .call: [.call, .local]
                }
            if let recorded = matched(kinds, name, key: key, kind == .receive ? nil : data) {
                if recorded.isRefused, let error = recorded.error { return refuse(error) }
                operations += 1
                return operations
            }
            // A refusal is a decision as well: each replay gives the same one.
            if let error = refusal(of: options) ?? refusal ?? refusal(of: kind, name, key: key, data) {
                record(kinds[0], nil, name, key: key, data, error: error)
                return refuse(error)
            }
            let operation = operations + 1
            if kind == .call, workflow.isLocal(name, key: key, data: data, options: options) {
                record(.local, operation, name, key: key, data, options: options)
                operations = operation
                runLocally(operation, name, data)
            } else {
                record(kinds[0], operation, name, key: key, kind == .receive ? "" : data, options: options)
                operations = operation
            }
            return operation
        }

        private func runLocally(_ operation: Int32, _ name: String, _ data: String) {
            let step = workflow.world.runHandler(
                name, key: workflow.id, data: data, state: state, attempt: 1, caller: workflow.service,
                principal: workflow.principal, isLocal: true)
            loggedBySteps += step.logged
            if let error = step.error {
                // A retryable one stays open; the test tries it again later.
                let isRetried = workflow.retries(of: entries[entries.count - 1], after: error) > 0
                append(isRetried ? .retried : .failed, operation, name, error: error)
                return
            }
            state = step.state
            emitted += step.emitted
            let answer = append(.answered, operation, name, step.reply)
            stepSends[answer.sequence] = step.sent
        }

        func wait(_ operations: [Int32]) -> Int32 {
            crashPoint()
            var winner: (place: Int, sequence: Int)?
            for (place, operation) in operations.enumerated() {
                guard let completion = completion(of: operation) else { continue }
                if winner.map({ completion.sequence < $0.sequence }) ?? true { winner = (place, completion.sequence) }
            }
            if let cancelSequence, !isCancelDelivered, winner.map({ cancelSequence < $0.sequence }) ?? true {
                isCancelDelivered = true
                horizon = max(horizon, cancelSequence)
                return -6
            }
            guard let winner else {
                if let recorded = nextCommand {
                    differ(
                        "the code waits for something new, and entry \(recorded.sequence) of \(workflow.id) is `\(recorded)`"
                    )
                }
                leave()
            }
            passPatches(upTo: winner.sequence)
            horizon = max(horizon, winner.sequence)
            told.insert(operations[winner.place])
            return Int32(winner.place)
        }

        func status(_ operation: Int32) -> Int32 {
            guard let completion = completion(of: operation), completion.sequence <= horizon else { return 0 }
            told.insert(operation)
            return completion.isError ? 2 : 1
        }

        func result(_ operation: Int32) -> String { completion(of: operation)?.result ?? "" }

        func cancel(_ operation: Int32) {
            var options = ""
            if let signal = received[operation], !told.contains(operation) {
                options = (["returned"] + receivers(after: signal).map { String($0) }).joined(separator: " ")
            } else if let completion = completion(of: operation), completion.sequence <= horizon {
                return
            } else if isOpenChild(operation) {
                options = JournalEntry.asksChild
            }
            if matched([.cancel], "", String(operation)) == nil {
                record(.cancel, operation, "", String(operation), options: options)
            }
        }

        func patch(_ name: String) -> Int32 {
            // Decided at the first time.
            if let known = patches[name] { return known }
            if !isReplaying {
                record(.patch, nil, name)
                patches[name] = 1
                return 1
            }
            patches[name] = 0
            let next = commands[cursor...].prefix { $0.kind == .patch }
            if let recorded = next.first(where: { $0.name == name }) { passPatches(upTo: recorded.sequence + 1) }
            return patches[name] ?? 0
        }

        /// Comes by the changes recorded next, of which the code doesn't ask any more.
        private func passPatches(upTo sequence: Int = .max) {
            while isReplaying, commands[cursor].kind == .patch, commands[cursor].sequence < sequence {
                patches[commands[cursor].name] = 1
                cursor += 1
            }
        }

        func continueAsNew(_ data: String) -> Int32 {
            continuation = data
            isContinuedThoughCancelled = isCancelDelivered
            return 0
        }
    }
#endif
