#if !arch(wasm32)
    // Where the mesh would refuse what the code asks for, or end its run.
    extension WorkflowMachine {
        /// The entries that the mesh would have of this run.
        var length: Int { entriesInMesh + workflow.joinedCount }

        /// How many operations are open there: a call that goes its own way is over when it is sent.
        var openCount: Int { open.count - openDetachedCount }

        func noteDetached(_ operation: Int32) {
            detached.insert(operation)
            openDetachedCount += 1
        }

        /// Takes an operation from the open ones; false where it isn't one.
        func remove(_ operation: Int32) -> Bool {
            guard open.remove(operation) != nil else { return false }
            if detached.contains(operation) { openDetachedCount -= 1 }
            return true
        }

        var earlySignalCount: Int { earlySignals.count }

        /// The receives that wait, by the name of their signal.
        var waitingReceives: [String: Int] { openReceives.reduce(into: [:]) { $0[$1.name, default: 0] += 1 } }

        /// How many entries of the mesh's journal an entry of the test's stands for.
        func entriesInMesh(for entry: JournalEntry) -> Int {
            switch entry.kind {
            // The answer stands in the command's own entry.
            case .answered: isAtOnce(entry) || detached.contains(entry.operation ?? 0) ? 0 : 1
            // The next attempt of a call is an entry too.
            case .retried: entry.operation.map { !locals.contains($0) } == true ? 2 : 1
            default: 1
            }
        }

        /// Ends the run where its journal is full: the code can't go on, nor clean up.
        func requireRoom() {
            guard length >= WorkflowLimits.entries else { return }
            fail(
                MeshError(
                    "RESOURCE_EXHAUSTED",
                    "the journal of run \(run) has \(length) entries, which is the limit; end a run in time with continueAsNew"
                ))
        }

        /// Why an operation can't be begun; nil where it can.
        var refusal: MeshError? {
            guard openCount >= WorkflowLimits.openOperations else { return nil }
            return MeshError("RESOURCE_EXHAUSTED", "\(openCount) operations are open; that is the limit")
        }

        /// What the mesh takes of a call's options and of a timer's wait.
        func refusal(of options: String) -> MeshError? {
            guard !options.isEmpty, let options = try? JSONValue(jsonText: options) else { return nil }
            for (name, limit) in WorkflowLimits.options {
                guard let value = options[name], value != .null else { continue }
                guard case .number(let text) = value, let number = Int64(text), number >= 0 else {
                    return .invalidRequest("`\(name)` is a whole number, 0 or more")
                }
                if number > limit { return .invalidRequest(WorkflowLimits.excess(of: name)) }
            }
            return nil
        }

        /// A workflow that called itself would wait for its own end.
        func refusal(of kind: OperationKind, _ name: String, key: String?, _ data: String) -> MeshError? {
            let world = workflow.world
            if kind == .timer, let problem = WorkflowLimits.problem(ofTimer: data) { return .invalidRequest(problem) }
            guard kind == .call, let method = world.method(name), method.role == .workflow,
                method.service == workflow.service, (key ?? world.key(of: method, data)) == workflow.id
            else { return nil }
            return MeshError(
                "PERMISSION_DENIED",
                "the workflow \(workflow.name) can't wait for itself; give the child a key of its own")
        }

        /// The result of a host function that refuses (docs/abi.md).
        func refuse(_ error: MeshError) -> Int32 {
            lastError = error.message
            return switch error.code {
            case "PERMISSION_DENIED": -3
            case "INVALID_REQUEST": -4
            default: -2
            }
        }
    }
#endif
