import MeshCore
import Outbox
import Schemas
import Wasm
import Workflows

extension ServiceCatalog {
    /// What a timer of a schedule, an order to it, or a look of its owner leads to.
    func schedule(_ execution: Execution, _ known: LoadedSchedule?) -> ScheduleEffects {
        let service = execution.handler.service
        let name = ScheduleRow.method(ofKey: execution.stateKey.key) ?? ""
        let method = services[service]?.methods[name]?.schema
        var schedule = Schedule(
            service: service, method: name, policy: method?.schedule,
            isWorkflow: method?.role == .workflow, known: known, now: .now)
        switch execution.message.type {
        case WorkflowMessage.look: schedule.look()
        case WorkflowMessage.control: schedule.take(order: execution.message.data)
        default:
            guard let timer = execution.timer ?? WorkflowTimer(execution.message, of: execution.stateKey) else { break }
            schedule.fire(at: timer.due)
        }
        if let problem = schedule.problem { Log("worker").error(problem.message, ["schedule": "\(service)/\(name)"]) }
        return schedule.effects
    }
}
