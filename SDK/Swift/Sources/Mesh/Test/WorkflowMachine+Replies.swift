#if !arch(wasm32)
    // Signals with an answer.
    extension WorkflowMachine {
        /// Answers the signal that a receive has got.
        func reply(to operation: Int32, isError: Bool, _ data: String) -> Int32 {
            let name = toldSignal(of: operation)?.name ?? ""
            let options = isError ? JournalEntry.failure : ""
            let command = "reply \(name) of operation \(operation) with \(isError ? "the error " : "")\(data)"
            if let recorded = matched(
                command,
                { recorded in
                    recorded.kind == .reply && recorded.operation == operation && recorded.data == data
                        && recorded.options == options
                })
            {
                if let error = recorded.error { return refuse(error) }
                return 0
            }
            // A refusal is a decision as well: each replay gives the same one.
            let refusal = refusal(ofReplyTo: operation, isError: isError, data)
            record(.reply, operation, name, data, error: refusal, options: options)
            return refusal.map(refuse) ?? 0
        }

        private func refusal(ofReplyTo operation: Int32, isError: Bool, _ data: String) -> MeshError? {
            guard let signal = toldSignal(of: operation) else {
                return .invalidRequest("operation \(operation) is no signal that the code has been told of")
            }
            if answered.contains(operation) {
                return .invalidRequest("the signal of operation \(operation) was answered already")
            }
            let target = workflow.service + "/" + signal.name
            guard workflow.world.method(target)?.isAnswered == true else {
                return .permissionDenied("\(target) answers Void: its senders were answered when it was stored")
            }
            guard isError, let problem = MeshError.read(Array(data.utf8)).problem else { return nil }
            return .invalidRequest("\(target): \(problem)")
        }
    }
#endif
