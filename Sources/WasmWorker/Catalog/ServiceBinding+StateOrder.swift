import MeshCore
import Outbox
import Schemas
import Wasm

extension ServiceBinding {
    /// What an operator's order about a state comes to: the same change as a handler makes, committed with the same checks.
    ///
    /// It is looked at here again: the router has checked it against the schema that it knew, and anybody may write to the topic who may call.
    func outcome(ofStateOrder data: [UInt8]) -> ExecutionResult.Outcome {
        do throws(MeshError) {
            let change: StateChange =
                switch try stateOrder(data) {
                case .set(let state): .set(state)
                case .delete: .deleted
                }
            return .done(reply: Array("{}".utf8), state: change, messages: [])
        } catch {
            return .failed(Failure(kind: .badInput, error: error, digest: digest))
        }
    }

    private func stateOrder(_ data: [UInt8]) throws(MeshError) -> StateOrder {
        guard let shape = state else {
            throw MeshError(.failedPrecondition, "\(service.qualifiedName) keeps no state (its service has no @state)")
        }
        let members = JSONMembers(data)
        switch members?.string("order") {
        case "delete": return .delete
        case "set":
            guard let raw = members?.raw("state") else { break }
            let new = Array(raw.utf8)
            do throws(ValueError) {
                try shape.validate(new)
            } catch {
                throw MeshError(
                    .invalidRequest, "the state isn't a \(service.stateType?.name ?? "state"): \(error)")
            }
            return .set(new)
        default: break
        }
        throw MeshError(
            .invalidRequest,
            #"the data of \#(StateOrder.messageType) is {"order":"set","state":…} or {"order":"delete"}"#)
    }
}
