#if !arch(wasm32)
    // Which receive gets which signal.
    extension WorkflowMachine {
        func deliver(_ signal: JournalEntry, at sequence: Int) {
            if let index = openReceives.firstIndex(where: { $0.name == signal.name }) {
                let operation = openReceives[index].operation
                received[operation] = signal
                complete(operation, sequence, signal.data)
            } else {
                let place = earlySignals.firstIndex { $0.sequence > signal.sequence } ?? earlySignals.endIndex
                earlySignals.insert(signal, at: place)
            }
        }

        /// A receive was given up that had got a signal without the code's knowing: those behind it move up.
        func giveBack(_ operation: Int32, _ entry: JournalEntry) {
            guard var signal = received.removeValue(forKey: operation) else { return }
            let error = MeshError.cancelled("the workflow has given it up").asCallersGetIt.jsonText
            complete(operation, Completion(sequence: entry.sequence, result: error, isError: true))
            for receiver in entry.options.split(separator: " ").dropFirst().compactMap({ Int32($0) }) {
                guard let own = received[receiver] else { continue }
                received[receiver] = signal
                complete(receiver, Completion(sequence: entry.sequence, result: signal.data, isError: false))
                signal = own
            }
            deliver(signal, at: entry.sequence)
        }

        /// The signal that a receive has got, where the code knows of it.
        func toldSignal(of operation: Int32) -> JournalEntry? { told.contains(operation) ? received[operation] : nil }

        /// What the next run is to be told: a cancellation and signals.
        var untold: [JournalEntry] {
            let cancel = entries.first { $0.sequence == cancelSequence && !isContinuedThoughCancelled }
            let signals = earlySignals + received.filter { !told.contains($0.key) }.values
            return (cancel.map { [$0] } ?? []) + signals.sorted { $0.sequence < $1.sequence }
        }

        /// The receives of a signal that have got one after `signal`, as far as the code doesn't know.
        func receivers(after signal: JournalEntry) -> [Int32] {
            received.filter {
                $0.value.name == signal.name && $0.value.sequence > signal.sequence && !told.contains($0.key)
            }
            .sorted { $0.value.sequence < $1.value.sequence }.map(\.key)
        }
    }
#endif
