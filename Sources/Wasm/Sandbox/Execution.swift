import CWasmtime
import MeshCore

/// What one run of a guest has done so far; belongs to the thread that runs it and dies with the run.
final class Execution {
    let request: GuestRequest
    let host: any GuestHost
    /// Set in a workflow's code.
    let workflow: (any WorkflowCalls)?
    /// Set once the instance exists; host calls of a start function look the memory up.
    var memory: wasmtime_memory_t?
    var deadline: CPUDeadline

    // Effects.
    var reply: [UInt8]?
    var failure: [UInt8]?
    var stateChange = StateChange.unchanged
    var messages: [GuestMessage] = []
    var messagesBytes = 0

    // What ends a run.
    /// A host call that made no sense.
    var misuse: String?
    var exitStatus: Int32?
    var isOutOfTime = false
    /// A limit on what the guest hands out was broken where the call has no result to say so.
    var violation: String?

    /// A workflow's run was ended on purpose.
    var end: End?

    enum End {
        case suspended
        case stopped(String)
    }

    // Services to the guest.
    /// State that a workflow has read, but had no room for yet.
    var unreadState: [UInt8]?
    var logs = ExecutionLog()
    var lastError = ""
    /// Calls that were refused because they went too far: how many, and why the first.
    private(set) var refusals = 0
    private(set) var firstRefusal: String?
    private var random: GuestRandom?

    init(
        _ request: GuestRequest, _ host: any GuestHost, _ workflow: (any WorkflowCalls)? = nil, tick: Duration
    ) {
        self.request = request
        self.host = host
        self.workflow = workflow
        self.deadline = CPUDeadline(limit: request.limits.cpuTime, tick: tick)
        self.logs.limit = request.limits.logBytes
    }

    func fillRandom(_ target: UnsafeMutableRawBufferPointer) {
        if random == nil {
            random = GuestRandom(
                secret: request.randomSecret, service: request.facts.service, messageID: request.facts.id)
        }
        random?.fill(target)
    }

    func note(refusal reason: String) {
        // A replay is refused what was refused before.
        guard isLogging else { return }
        refusals += 1
        if firstRefusal == nil { firstRefusal = reason }
    }

    /// The guest's clock.
    var now: Timestamp { workflow?.now ?? request.now }

    /// A replay has said its lines before.
    var isLogging: Bool { !(workflow?.isReplaying ?? false) }

    /// The state as the guest would read it now.
    var currentState: [UInt8]? {
        switch stateChange {
        case .unchanged: request.state
        case .set(let state): state
        case .deleted: nil
        }
    }
}
