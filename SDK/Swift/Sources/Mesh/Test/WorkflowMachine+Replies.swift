#if !arch(wasm32)
    // Signals with an answer.
    extension WorkflowMachine {
        /// Answers the signal that a receive has got.
        func reply(to operation: Int32, isError: Bool, _ data: String) -> Int32 {
            // The same at every replay, and so in no journal.
            guard let signal = toldSignal(of: operation) else {
                return refuse(
                    .invalidRequest("operation \(operation) is no signal that the code has been told of"))
            }
            if replied.contains(operation) {
                return refuse(.invalidRequest("the signal of operation \(operation) was answered already"))
            }
            let options = isError ? JournalEntry.failure : ""
            let command =
                "reply \(signal.name) of operation \(operation) with \(isError ? "the error " : "")\(data)"
            let error: MeshError?
            if let recorded = matched(
                command,
                { recorded in
                    recorded.kind == .reply && recorded.operation == operation && recorded.data == data
                        && recorded.options == options
                })
            {
                error = recorded.error
            } else {
                // This refusal is a decision: each replay gives the same one.
                error = refusal(ofReplyTo: signal.name, isError: isError, data)
                record(.reply, operation, signal.name, data, error: error, options: options)
            }
            if let error { return refuse(error) }
            replied.insert(operation)
            return 0
        }

        private func refusal(ofReplyTo name: String, isError: Bool, _ data: String) -> MeshError? {
            let target = workflow.service + "/" + name
            guard workflow.world.method(target)?.isAnswered == true else {
                return .permissionDenied("\(target) answers Void: its senders were answered when it was stored")
            }
            guard isError, let problem = MeshError.read(Array(data.utf8)).problem else { return nil }
            return .invalidRequest("\(target): \(problem)")
        }
    }
#endif
