#if !arch(wasm32)
    /// One workflow in a test.
    final class TestWorkflow {
        /// How it stands.
        enum Status: Equatable {
            case running
            case completed(String)
            case failed(MeshError)
            /// Its code does something else than the journal says, or can't be run.
            case stuck(MeshError)
        }

        /// Who waits for its end.
        struct Waiter {
            let workflow: TestWorkflow
            let run: Int
            let operation: Int32

            func isSame(as other: Waiter) -> Bool {
                workflow === other.workflow && run == other.run && operation == other.operation
            }
        }

        unowned let world: WorkflowTest
        let service: String
        let method: String
        let id: String
        /// How many workflows began before it.
        let place: Int
        /// What another start is compared with, whichever run this is.
        let firstInput: String
        /// Of the call that began it.
        let principal: Principal?
        private(set) var input: String
        private(set) var run = 1
        var status = Status.running
        var waiters: [Waiter] = []
        /// Whose call began it; nil where that was the test, or a call that nobody waits for. Others have only joined.
        let starter: Waiter?
        /// True while an activation is to come.
        var isWoken = false
        /// Of the current run.
        private(set) var entries: [JournalEntry] = []
        /// Where the commands stand that were asked for.
        private var places: [Int32: Int] = [:]
        /// Of the runs before.
        private(set) var history: [JournalEntry] = []
        /// The child workflows that it started or joined in this run, by operation.
        var children: [Int32: TestWorkflow] = [:]
        /// What is open after the last activation.
        private(set) var open: Set<Int32> = []
        /// Signals that the code takes no more of.
        private(set) var closedSignals: Set<String> = []
        /// Who waits for the code's answer, by the sequence of the signal.
        var senders: [Int: SignalSender] = [:]
        /// The entries that the mesh would have of this run.
        private(set) var length = 0
        /// Signals that no receive has taken, and the receives that wait, by the name of their signal.
        private(set) var earlySignalCount = 0
        private(set) var waitingReceives: [String: Int] = [:]
        /// The runs that it began while no time passed, and the time.
        private var runsAtOnce = (count: 0, at: DateTime(epochMicroseconds: 0))
        /// Callers that have joined, and wait for its end.
        var joinedCount = 0

        init(
            _ world: WorkflowTest, _ service: String, _ method: String, id: String, input: String,
            principal: Principal?,
            starter: Waiter?
        ) {
            self.world = world
            self.service = service
            self.method = method
            self.id = id
            place = world.workflows.count
            self.principal = principal
            self.starter = starter
            firstInput = input
            self.input = input
        }

        var target: String { service + "/" + method }
        var stateKey: String { service + "/" + id }
        /// As the mesh's errors have it.
        var name: String { "\(service) \"\(id)\"" }
        var lastSequence: Int { entries.last?.sequence ?? history.last?.sequence ?? 0 }
        var journal: [JournalEntry] { history + entries }

        func isChild(_ operation: Int32) -> Bool { children[operation]?.status == .running }

        /// True for a handler of the own service and the own key, unless it is to go its own way.
        func isLocal(_ target: String, key: String?, data: String, options: String) -> Bool {
            !world.isScripted(target) && isStep(target, key: key, data: data, options: options)
        }

        /// The same where a script answers in its place: in the mesh it is one.
        private func isStep(_ target: String, key: String?, data: String, options: String) -> Bool {
            guard let method = world.method(target), [.handler, .query].contains(method.role),
                method.service == service,
                (try? JSONValue(jsonText: options))?["detached"]?.bool != true
            else { return false }
            return (key ?? world.key(of: method, data) ?? id) == id
        }

        /// Whether a call or send with this key, nil where the code gives none, is the recorded one.
        func agrees(_ key: String?, with recorded: JournalEntry) -> Bool {
            guard let key, recorded.key == nil else {
                return recorded.key == key || recorded.kind == .send && key == nil
            }
            switch recorded.kind {
            // The code may say what the method's rule said.
            case .local: return key == id
            case .call: return world.method(recorded.name).flatMap { world.key(of: $0, recorded.data) } == key
            default: return false
            }
        }

        /// How many attempts are left after the `retried` entries that there are.
        func retries(of command: JournalEntry, after error: MeshError) -> Int {
            // A child that has ended has ended: another call would only hear of it again.
            guard error.isRetryable, world.method(command.name)?.role != .workflow else { return 0 }
            guard length < WorkflowLimits.triedEntries else { return 0 }
            let allowed =
                command.option("retries")?.double.map { Int($0) }
                ?? (isStep(command.name, key: command.key, data: command.data, options: command.options)
                    ? world.method(command.name)?.retries ?? GuestMethod.undeclaredRetries : 0)
            return allowed - attempts(of: command.operation)
        }

        func attempts(of operation: Int32?) -> Int {
            entries.count { $0.kind == .retried && $0.operation == operation }
        }

        func command(_ operation: Int32) -> JournalEntry? {
            places[operation].map { entries[$0] }
        }

        func event(
            _ kind: JournalEntry.Kind, _ operation: Int32? = nil, _ name: String = "", _ data: String = "",
            error: MeshError? = nil
        ) {
            if let operation, [.answered, .failed, .fired].contains(kind) { open.remove(operation) }
            length += kind == .retried && operation.flatMap { command($0) }?.kind == .call ? 2 : 1
            if kind == .signal { keep(signal: name) }
            entries.append(
                JournalEntry(
                    sequence: lastSequence + 1, kind: kind, operation: operation, name: name, key: nil, data: data,
                    error: error, at: world.now))
        }

        /// A receive that waits takes it, or it waits for one.
        private func keep(signal name: String) {
            guard let receives = waitingReceives[name], receives > 0 else { return earlySignalCount += 1 }
            waitingReceives[name] = receives - 1
        }

        /// Whether the code has said that it takes no more of these, and waits for none either.
        func isClosed(signal name: String) -> Bool {
            closedSignals.contains(name) && waitingReceives[name, default: 0] == 0
        }

        // MARK: Activations

        /// Runs the code over the journal, commits what it added, and says how it ended.
        func activate() {
            guard status == .running else { return }
            while true {
                let machine = execute(world.handle, entries)
                if case .crashed = machine.ending { continue }
                if case .stuck(let error) = machine.ending {
                    status = .stuck(error)
                    keepLogs(of: machine)
                    return
                }
                commit(machine)
                return
            }
        }

        /// One run of the code, without effect.
        func execute(
            _ handle: @escaping (MeshRequest) throws(MeshError) -> Void, _ entries: [JournalEntry]
        ) -> WorkflowMachine {
            let machine = WorkflowMachine(self, entries, state: world.states[stateKey])
            let mesh = TestMesh(
                key: id, id: id, type: target, principal: principal, service: service, now: world.now,
                seed: world.seed(id, run), configuration: world.configuration)
            mesh.machine = machine
            let name = String(service.split(separator: ".").last ?? "") + "/" + method
            let input = input
            ActivationThread.run {
                do throws(MeshError) {
                    try mesh.deliver(name, input, handle)
                    machine.finish(.done)
                } catch {
                    machine.finish(.failed(error))
                }
            }
            do throws(MeshError) {
                try world.sandbox?.drop(for: mesh)
            } catch {
                machine.getStuck(error)
            }
            machine.reply = mesh.replyJSON ?? "{}"
            return machine
        }

        /// As a worker writes them: those of the code once it has run.
        private func keepLogs(of machine: WorkflowMachine) {
            world.logged += machine.loggedBySteps + machine.loggedByCode
        }

        private func commit(_ machine: WorkflowMachine) {
            let added = machine.added
            for (place, entry) in zip(added.indices, added)
            where entry.kind.isCommand && ![.cancel, .reply].contains(entry.kind) {
                if let operation = entry.operation { places[operation] = place }
            }
            entries = machine.entries
            open = machine.open
            closedSignals = machine.closedSignals
            length = machine.length
            earlySignalCount = machine.earlySignalCount
            waitingReceives = machine.waitingReceives
            world.states[stateKey] = machine.state
            world.emitted += machine.emitted
            keepLogs(of: machine)
            // In the order of the code, whoever of it sends.
            for entry in added {
                dispatch(entry)
                if entry.kind == .reply { answerSender(entry, in: machine) }
                for call in machine.stepSends[entry.sequence] ?? [] { world.send(call) }
            }
            switch machine.ending {
            case .done: end(.completed(machine.reply), .completed, machine.reply)
            case .failed(let error):
                let kind: JournalEntry.Kind =
                    error.isCancelled && machine.deliveredCancelReason != nil ? .cancelled : .failed
                end(.failed(error), kind, "", error)
            case .continued(let input): beginRun(input, takingAlong: machine.untold)
            case .suspended, .crashed, .stuck: break
            }
        }

        private func dispatch(_ entry: JournalEntry) {
            let operation = entry.operation ?? 0
            if entry.isRefused { return }
            switch entry.kind {
            case .call: world.dispatch(entry, of: self)
            case .local: if open.contains(operation) { world.limitTime(of: entry, of: self) }
            case .timer:
                world.after(Duration(seconds: 0, nanoseconds: (Int64(entry.data) ?? 0) * 1000)) { [run] in
                    guard self.status == .running, self.run == run, self.open.contains(operation) else { return }
                    self.event(.fired, operation)
                    self.activate()
                }
            case .retried:
                if let command = command(operation), command.kind == .local { world.retryLocally(command, of: self) }
            case .cancel: giveUpChild(operation, "its parent gave it up")
            case .send:
                world.send(
                    TestMesh.Sent(target: entry.name, key: entry.key, json: entry.data, after: entry.delay))
            default: break
            }
        }

        // MARK: The end of a run

        private func end(_ status: Status, _ kind: JournalEntry.Kind, _ data: String, _ error: MeshError? = nil) {
            event(kind, nil, "", data, error: error)
            self.status = status
            closeChildren()
            refuseSenders("ended")
            for waiter in waiters { world.answer(waiter, status) }
            waiters = []
        }

        /// What came for the workflow and not for the run is taken along.
        private func beginRun(_ input: String, takingAlong untold: [JournalEntry]) {
            event(.continued, nil, "", input)
            closeChildren()
            let kept = untold.map { senders.removeValue(forKey: $0.sequence) }
            refuseSenders("began another run")
            history += entries
            entries = []
            children = [:]
            places = [:]
            open = []
            closedSignals = []
            length = joinedCount
            earlySignalCount = 0
            waitingReceives = [:]
            run += 1
            self.input = input
            event(.started, nil, target, input)
            for (entry, sender) in zip(untold, kept) {
                event(entry.kind, nil, entry.name, entry.data)
                senders[lastSequence] = sender
            }
            noteRun()
            world.after(.zero) { self.activate() }
        }

        /// A test's time stands still while anything can happen: code that only begins anew would run until the memory is used up.
        private func noteRun() {
            runsAtOnce = (runsAtOnce.at == world.now ? runsAtOnce.count + 1 : 1, world.now)
            guard runsAtOnce.count >= WorkflowLimits.runsAtOnce else { return }
            world.problem = MeshError(
                "ENDLESS",
                "the workflow \(name) has begun \(runsAtOnce.count) new runs without time passing: \(target) calls continueAsNew again and again; have it wait for something, or end"
            )
        }

        private func closeChildren() {
            for operation in children.keys.sorted() { closeChild(operation, "its parent ended") }
        }

        /// Asks a child to end as its call said.
        func closeChild(_ operation: Int32, _ reason: String) {
            switch command(operation)?.option("parentClose")?.string {
            case "abandon": break
            case "terminate": giveUpChild(operation, reason) { $0.terminate() }
            default: giveUpChild(operation, reason)
            }
        }

        /// Ends a child that this workflow began; one that it only joined goes on without it.
        private func giveUpChild(
            _ operation: Int32, _ reason: String, _ end: ((TestWorkflow) -> Void)? = nil
        ) {
            guard let child = children[operation], child.status == .running else { return }
            let waiter = Waiter(workflow: self, run: run, operation: operation)
            if child.starter?.isSame(as: waiter) == true {
                if let end { end(child) } else { world.cancel(child, reason) }
            } else if child.waiters.contains(where: waiter.isSame) {
                child.waiters.removeAll(where: waiter.isSame)
                world.after(.zero) { self.world.answer(waiter, .failed(.cancelled(reason))) }
            }
        }

        func terminate() {
            guard status == .running else { return }
            let error = MeshError("TERMINATED", "its parent ended").asCallersGetIt
            end(.failed(error), .cancelled, "", error)
        }
    }
#endif
