import MeshCore
import Outbox
import Wasm

// Signals with an answer: who sent one waits until the code has answered it, or can't any more.

extension ActivationDraft {
    /// Gives the code's answer to the sender of the signal that the request's operation has got.
    mutating func answer(_ request: CommandRequest) {
        guard let place = machine.signal(of: request.op), let data = request.data else { return }
        var entry = entry(.reply, op: request.op, name: machine[place].name, request: data)
        if request.isError {
            entry.result = (try? GuestFailure(json: data)).map { Array($0.meshError(at: now).json.utf8) } ?? data
        }
        if let sender = sender(ofSignalAt: place) {
            answers.append(sender.answer(request.isError ? .error : .ok, entry.result ?? data))
        }
        appendCommand(entry)
    }

    /// Tells senders who wait that no answer comes any more; in the order of their signals.
    ///
    /// - Parameter places: of their signals.
    mutating func refuse(signalsAt places: some Sequence<Int>, _ reason: String) {
        for place in places.sorted() {
            guard let sender = sender(ofSignalAt: place) else { continue }
            let error = MeshError(
                .failedPrecondition, "the workflow \(id) \(reason) without an answer to `\(machine[place].name ?? "")`",
                timestamp: now)
            answers.append(sender.answer(.error, Array(error.json.utf8)))
        }
    }

    /// Who waits for the answer to a signal, if anybody still does.
    private func sender(ofSignalAt place: Int) -> WorkflowCaller? {
        guard machine.asking.contains(place) else { return nil }
        return WorkflowCaller(json: machine[place].details).flatMap { $0.isOwedAnswer(at: now) ? $0 : nil }
    }
}
