import MeshCore
import Wasm

@testable import WasmWorker

/// The code of both services: appends the message's job to the trail of its key, and sends what the plan says.
struct SimCode: GuestCode {
    let jobs: [String: JobSpec]
    let digest: String

    func run(_ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)?) -> GuestRun {
        if request.data == Array("{}".utf8) { return GuestRun(outcome: tick(request)) }
        let specs = SimGuests.ids(in: request.data).compactMap { jobs[$0] }
        guard let spec = specs.first else { return GuestRun(outcome: .badOutput("no such job")) }
        if let workflow, case .flow(let service, let steps) = spec.kind {
            var flow = SimFlow(jobs: jobs, key: spec.key, service: service, calls: workflow, host: host)
            return GuestRun(outcome: flow.run(steps))
        }
        return GuestRun(outcome: handle(specs, request, host))
    }

    /// A call by a schedule.
    private func tick(_ request: GuestRequest) -> GuestOutcome {
        let trail = SimGuests.trail(request.state) + [SimGuests.callPrefix + request.facts.id]
        return .completed(
            GuestEffects(reply: nil, state: .set(SimGuests.state(request.facts.key ?? "", trail)), messages: []))
    }

    /// A batch's jobs, nearly always one: all of them take effect, or the first that doesn't says why.
    private func handle(_ specs: [JobSpec], _ request: GuestRequest, _ host: any GuestHost) -> GuestOutcome {
        var trail = SimGuests.trail(request.state)
        var messages: [GuestMessage] = []
        for spec in specs {
            if let failure = failure(of: spec, attempt: request.facts.attempt) { return failure }
            trail.append(spec.id)
            for child in spec.children.compactMap({ jobs[$0] }) {
                guard let message = Self.message(child, host, at: request.now) else {
                    return .badOutput("can't send \(child.id)")
                }
                messages.append(message)
            }
        }
        return .completed(
            GuestEffects(
                reply: nil, state: .set(SimGuests.state(request.facts.key ?? "", trail)), messages: messages))
    }

    private func failure(of spec: JobSpec, attempt: Int) -> GuestOutcome? {
        func failure(retryable: Bool) -> GuestOutcome {
            .failed(GuestFailure(code: "AS_PLANNED", message: "no", details: nil, retryable: retryable))
        }
        switch spec.fate {
        case .refuses: return failure(retryable: false)
        case .traps: return .trapped(GuestTrap(kind: .unreachable, message: "as planned"))
        case .retries(let times) where attempt <= times: return failure(retryable: true)
        case .works, .retries, .poison: return nil
        }
    }

    /// The message of a job, as the host lets it pass.
    private static func message(_ child: JobSpec, _ host: any GuestHost, at now: Timestamp) -> GuestMessage? {
        let data = SimGuests.data(child.id, key: child.key)
        let (kind, name, decision): (GuestMessage.Kind, String, MessageDecision) =
            switch child.kind {
            case .told(let service): (.emit, service.event, host.checkEmit(event: service.event, data: data))
            case .work(let service), .flow(let service, _):
                (
                    .send, service.rawValue + "/work",
                    host.checkSend(target: service.rawValue + "/work", key: nil, data: data)
                )
            }
        guard case .accepted(let key, let tag) = decision else { return nil }
        return GuestMessage(
            kind: kind, name: name, key: key, tag: tag, data: data,
            due: kind == .send ? due(of: child.id, at: now) : nil)
    }

    /// Of the calls that are sent, some are sent later, up to two seconds; which, follows from their names.
    static func due(of job: String, at now: Timestamp) -> Timestamp? {
        let number = job.utf8.reduce(7) { ($0 * 31 + Int($1)) % 10_007 }
        return number % 4 == 0 ? now.advanced(by: .milliseconds(number % 2000)) : nil
    }
}
