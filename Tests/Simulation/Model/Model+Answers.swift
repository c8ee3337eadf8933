import MeshCore
import MeshRouter
import Outbox

extension Model {
    /// A client has the outcome of its call: it must be the truth, and nothing that may yet turn out otherwise.
    func answered(_ job: String, call: String, _ outcome: CallOutcome, _ database: SimDatabase) {
        guard let spec = plan.jobs[job] else { return fail("I1", "an answer to \(job), which nobody called") }
        world.note("\(job) is answered as \(call): \(outcome)")
        let worked: Bool
        switch outcome {
        case .answer: worked = true
        case .failed: worked = false
        case .timedOut, .abandoned, .stopping:
            return fail("I5", "the call \(call) of \(job) ended with \(outcome)")
        }
        if worked != spec.fate.worksInTheEnd { fail("I5", "\(job) (\(spec.fate)) was answered with \(outcome)") }
        switch spec.kind {
        case .work(let service):
            if worked, !done.contains(Effect(service: service.rawValue, job: job)) {
                fail("I2", "\(job) was answered before it took effect in \(service)")
            }
        case .flow(let service, _):
            let id = WorkflowID(service: service.rawValue, key: spec.key)
            if database.workflows[id]?.row.status != .completed {
                fail("I2", "\(job) was answered before the workflow had completed")
            }
        case .told: fail("I1", "\(job) is an event, and was answered")
        }
    }
}
