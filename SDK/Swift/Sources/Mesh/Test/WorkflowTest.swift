#if !arch(wasm32)
    /// Runs workflows in memory, with time that skips: `WorkflowTest(MeshModule.self)`.
    ///
    ///     let test = WorkflowTest(MeshModule.self)
    ///     test.fail("shop.Payments/capture", with: .unavailable("busy"), times: 2)
    ///     test.signal(Orders.approve(id: "order-1", by: "ada"), after: .hours(2))
    ///     let status = try test.run(Orders.fulfil(id: "order-1", total: "60.47"))
    ///     #expect(test.journal(of: "order-1").map(\.description) == ["started …", …])
    ///
    /// `wasmesh test` runs it in the native build, and again with the built package in the real sandbox. After each wait the code is
    /// dropped and run again over its journal, as in the mesh, so that code which decides otherwise
    /// the second time is found. Calls of the module's own services run their handlers, unless they are scripted.
    public final class WorkflowTest {
        /// The test's clock; it moves when nothing can happen before.
        public internal(set) var now: DateTime
        public var configuration: [String: String]
        /// Whose token comes with the test's own calls from now on: of `run`, `start` and `call`.
        public var principal: Principal?
        /// What committed workflows and handlers have emitted.
        public internal(set) var emitted: [TestMesh.Emitted] = []
        public internal(set) var logged: [TestMesh.LogLine] = []
        /// Calls to methods that neither the module has nor a script answers, when nobody waits for their answer; those that were
        /// sent for later from their time on.
        public internal(set) var unanswered: [TestMesh.Sent] = []
        /// After so many operations of workflows, counted over the whole test, the activation is dropped and run again; empty: never.
        public var crashes: Set<Int> = []
        /// How many places there are to crash: what `crashes` counts.
        public internal(set) var operationCount = 0

        let handle: (MeshRequest) throws(MeshError) -> Void
        /// Where `wasmesh test` has the package run; nil in the native build.
        let sandbox: SandboxConnection?
        let methods: [String: GuestMethod]
        let randomSeed: UInt64
        var scripts: [String: [Script]] = [:]
        var states: [String: String] = [:]
        var workflows: [String: TestWorkflow] = [:]
        var queue = EventQueue()
        var problem: MeshError?

        /// - Parameter isNative: true for a test that is about the native build, or about another module than the package's:
        ///   `wasmesh test` doesn't run that in the sandbox.
        public init<Module: GuestModule>(
            _ module: Module.Type, now: DateTime = DateTime(epochMicroseconds: 1_795_000_000_000_000), seed: UInt64 = 1,
            configuration: [String: String] = [:], principal: Principal? = nil, isNative: Bool = false
        ) {
            var sandbox: SandboxConnection?
            do throws(MeshError) {
                sandbox = isNative ? nil : try .fromEnvironment(for: Module.methods.map(\.name))
            } catch {
                problem = error
            }
            self.sandbox = sandbox
            if let sandbox { handle = sandbox.handle } else { handle = Module.handle }
            methods = Dictionary(Module.methods.map { ($0.name, $0) }) { first, _ in first }
            self.now = now
            self.configuration = configuration
            self.principal = principal
            randomSeed = seed
        }
    }

    // MARK: - Running
    extension WorkflowTest {
        /// Starts a workflow, lets time pass until it has ended, and returns its answer or throws its error.
        ///
        /// It throws `WAITING` where nothing can happen any more that it waits for.
        public func run<Answer>(_ call: Call<Answer>, key: String? = nil) throws(MeshError) -> Answer {
            let id = try start(call, key: key)
            return try result(of: call, key: id)
        }

        /// Starts a workflow, and returns its id; runs what can run at once.
        @discardableResult
        public func start<Answer>(_ call: Call<Answer>, key: String? = nil) throws(MeshError) -> String {
            guard let method = method(call.target), method.role == .workflow else {
                throw .invalidRequest("\(call.target) is no workflow of this module")
            }
            let data = String(decoding: call.data, as: UTF8.self)
            let id = key ?? call.key ?? self.key(of: method, data) ?? "workflow-\(workflows.count + 1)"
            _ = try startWorkflow(method, id: id, data, by: principal)
            try advance(by: .zero)
            return id
        }

        /// Lets time pass until the workflow that this call has started is at its end.
        public func result<Answer>(of call: Call<Answer>, key: String) throws(MeshError) -> Answer {
            guard let workflow = workflow(of: call.target, key) else {
                throw MeshError("INSTANCE_NOT_FOUND", "there is no workflow \(key)")
            }
            while workflow.status == .running {
                guard let event = queue.take() else { throw waiting(workflow) }
                perform(event)
                if let problem { throw problem }
            }
            switch workflow.status {
            case .completed(let reply): return try Array(reply.utf8).reading(call.read)
            case .failed(let error): throw error
            case .stuck(let error): throw error
            case .running: throw waiting(workflow)
            }
        }

        /// Lets time pass, and whatever is due in it happen.
        public func advance(by duration: Duration) throws(MeshError) {
            if let problem { throw problem }
            let end = (now + duration).epochMicroseconds
            guard end >= now.epochMicroseconds else { throw .invalidRequest("time can't go back by \(duration)") }
            while let time = queue.nextTime, time <= end, let event = queue.take() {
                perform(event)
                if let problem { throw problem }
            }
            now = DateTime(epochMicroseconds: end)
        }

        private func perform(_ event: EventQueue.Event) {
            now = DateTime(epochMicroseconds: max(event.time, now.epochMicroseconds))
            event.run()
        }

        private func waiting(_ workflow: TestWorkflow) -> MeshError {
            let open = workflow.open.sorted().compactMap { workflow.command($0)?.description }
            return MeshError(
                "WAITING",
                "\(workflow.id) waits for \(open.joined(separator: ", ")), and nothing is to come; script an answer or a signal"
            )
        }
    }

    // MARK: - What is seen from outside
    extension WorkflowTest {
        /// The journal of a workflow, of all its runs; where workflows of several services have the id, of the one that began first,
        /// or of that in `service`: `test.journal(of: "o-1", in: "shop.Shipments")`.
        public func journal(of id: String, in service: String? = nil) -> [JournalEntry] {
            workflow(id, in: service)?.journal ?? []
        }

        /// True where the built package runs in the sandbox, false where this build does.
        public var isInSandbox: Bool { sandbox != nil }

        /// The ids of all workflows, children among them.
        public var ids: [String] { workflows.values.map(\.id).sorted() }

        /// True while a workflow runs; where workflows of several services have the id, that in `service`, or any of them.
        public func isRunning(_ id: String, in service: String? = nil) -> Bool {
            workflows.values.contains {
                $0.id == id && $0.service == service ?? $0.service && $0.status == .running
            }
        }

        /// The state of a key of a service: `try test.state(of: "shop.Orders", "order-1", as: Order.self)`.
        public func state<State: JSONCodable>(
            of service: String, _ key: String, as type: State.Type = State.self
        ) throws(MeshError) -> State? {
            guard let text = states[service + "/" + key] else { return nil }
            return try State(jsonText: text)
        }

        /// Sets the state of a key before a run.
        public func setState(of service: String, _ key: String, _ state: some JSONCodable) {
            states[service + "/" + key] = state.jsonText
        }

        /// Asks a query, or calls a handler, now.
        public func call<Answer>(_ call: Call<Answer>, key: String? = nil) throws(MeshError) -> Answer {
            if let problem { throw problem }
            let data = String(decoding: call.data, as: UTF8.self)
            guard let method = method(call.target) else { throw .notFound("this module has no \(call.target)") }
            switch method.role {
            case .workflow: throw .invalidRequest("\(call.target) is a @workflow: use `run`, or `start` and `result`")
            case .signal: throw .invalidRequest("\(call.target) is a @signal: use `signal`")
            case .handler, .query: break
            }
            let key = key ?? call.key ?? self.key(of: method, data) ?? "call"
            let stateKey = method.service + "/" + key
            let run = runHandler(
                call.target, key: key, data: data, state: states[stateKey], attempt: 1, caller: nil,
                principal: principal)
            if let error = run.error { throw error }
            if method.role != .query { commit(run, stateKey) }
            return try Array(run.reply.utf8).reading(call.read)
        }

        /// Runs a workflow's journal against another module, as a deploy does before it moves a workflow; throws `NONDETERMINISM`
        /// where that code does something else.
        public func replay<Module: GuestModule>(
            _ id: String, in service: String? = nil, with module: Module.Type
        ) throws(MeshError) {
            guard let workflow = workflow(id, in: service) else {
                throw MeshError("INSTANCE_NOT_FOUND", "there is no workflow \(id)")
            }
            let machine = workflow.execute(Module.handle, workflow.entries)
            if let difference = machine.differenceAtEnd { throw difference }
        }
    }
#endif
