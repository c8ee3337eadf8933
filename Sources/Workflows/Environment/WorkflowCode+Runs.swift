package import Outbox

extension WorkflowCode {
    /// Whether `input` may be that of the next run of a workflow: data of its method, and of no other workflow where the arguments name one.
    /// - Parameter current: the input of the run that ends.
    package func checkNext(_ input: [UInt8], after current: [UInt8]?, of id: WorkflowID, method: String)
        -> CallDecision
    {
        let target = id.service + "/" + method
        let decision = checkCall(target: target, key: id.key, data: input)
        guard case .accepted = decision, let named = key(in: input, of: target), named != id.key else {
            return decision
        }
        // Whoever began it under another id than its arguments say goes on so.
        if let current, key(in: current, of: target) == named { return decision }
        return .invalid("\(target): the next run is for the workflow '\(id.key)', and its arguments say '\(named)'")
    }

    /// The key that the method's rule finds in the arguments.
    private func key(in data: [UInt8], of target: String) -> String? {
        if case .accepted(let call) = checkCall(target: target, key: nil, data: data) { call.key } else { nil }
    }
}
