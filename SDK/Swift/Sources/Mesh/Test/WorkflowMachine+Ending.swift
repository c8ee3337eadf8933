#if !arch(wasm32)
    extension WorkflowMachine {
        /// How the code left.
        enum Ending: CustomStringConvertible {
            case suspended
            case crashed
            case done
            case failed(MeshError)
            case continued(String)
            /// Its code does something else than the journal says, or can't be run.
            case stuck(MeshError)

            /// An error has its class; a workflow that ends with none that can be taken is stuck.
            var asMeshTakesIt: Ending {
                guard case .failed(let error) = self else { return self }
                return error.problemForCallers.map { .stuck(.internalError($0)) } ?? .failed(error.asCallersGetIt)
            }

            var description: String {
                switch self {
                case .suspended: "wait"
                case .crashed: "crash"
                case .done: "return"
                case .failed(let error): "throw \(error.code): \(error.message)"
                case .continued(let input): "continue as new with \(input)"
                case .stuck(let error): error.message
                }
            }
        }

        /// What the code does otherwise than a journal that has ended; nil where it agrees, or that hasn't.
        var differenceAtEnd: MeshError? {
            if case .stuck(let error) = ending { return error }
            guard let end = lastCommitted, isEnd(end), end.error?.code != "TERMINATED" else { return nil }
            let extra = added.first { $0.kind.isCommand && $0.kind != .patch }
            if extra == nil, agrees(with: end) { return nil }
            let found = extra.map { "\($0) \($0.data)" } ?? ending.description + (isDone ? " \(reply)" : "")
            return MeshError(
                "NONDETERMINISM",
                "entry \(end.sequence) of \(workflow.id) is `\(end) \(end.data)`, and the code did `\(found)`")
        }

        private var isDone: Bool { if case .done = ending { true } else { false } }

        private func isEnd(_ entry: JournalEntry) -> Bool {
            switch entry.kind {
            case .completed, .cancelled, .continued: true
            case .failed: entry.operation == nil
            default: false
            }
        }

        private func agrees(with end: JournalEntry) -> Bool {
            switch ending {
            case .done: end.kind == .completed && end.data == reply
            case .failed: end.kind == .failed || end.kind == .cancelled
            case .continued(let input): end.kind == .continued && end.data == input
            case .suspended, .stuck: false
            // Where the test asked for it.
            case .crashed: true
            }
        }
    }
#endif
