#if !arch(wasm32)
    /// Who waits for the answer to a signal: gets it as the wire carries it, or the error.
    typealias SignalSender = (Result<String, MeshError>) -> Void

    extension TestWorkflow {
        /// Refuses one more who would wait for an answer where the mesh would.
        func requireRoomForSender() throws(MeshError) {
            guard senders.count >= WorkflowLimits.callers else { return }
            throw MeshError(
                "RESOURCE_EXHAUSTED",
                "\(senders.count) senders of signals wait for answers of the workflow \(name); that is the limit",
                isRetryable: true)
        }

        /// Gives the code's answer to who has sent the signal, if anybody waits for it.
        func answerSender(_ reply: JournalEntry, in machine: WorkflowMachine) {
            guard !reply.isRefused, let signal = machine.toldSignal(of: reply.operation ?? 0),
                let sender = senders.removeValue(forKey: signal.sequence)
            else { return }
            sender(reply.isFailure ? .failure(.read(Array(reply.data.utf8)).asCallersGetIt) : .success(reply.data))
        }

        /// Tells those who still wait that no answer comes any more, in the order of their signals.
        func refuseSenders(_ reason: String) {
            let waiting = senders.sorted { $0.key < $1.key }
            senders = [:]
            for (sequence, sender) in waiting {
                let signal = entries.first { $0.sequence == sequence }?.name ?? ""
                let problem = "the workflow \(name) \(reason) without an answer to `\(signal)`"
                sender(.failure(.failedPrecondition(problem)))
            }
        }
    }
#endif
