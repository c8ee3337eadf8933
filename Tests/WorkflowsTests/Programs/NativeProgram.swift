import MeshCore
import Wasm

/// Runs a program against a `WorkflowCalls`, as a guest would in the sandbox. `Guests/machine.c` is the same in C: change both.
struct NativeProgram {
    private enum End: Error {
        case outcome(GuestOutcome)
    }

    private let calls: any WorkflowCalls
    private let input: [UInt8]
    private let host: any GuestHost
    private var instructions: [[UInt8]] = []
    private var run = 1
    private var number: UInt64 = 0xcbf2_9ce4_8422_2325
    private var slots = [Int32](repeating: 0, count: Program.slots)
    /// The operation that was taken last.
    private var told: Int32 = 0
    private var counters = [UInt8](repeating: 0, count: 4)
    private var random: UInt64
    /// Crashes at the host call of that number.
    private var callsLeft: Int
    private var ownGroup: Int32 = 0
    private var lastingGroup: Int32 = 0

    init(
        _ request: GuestRequest, _ calls: any WorkflowCalls, host: any GuestHost, crashingAt: Int = .max,
        program: Program? = nil
    ) {
        self.calls = calls
        self.host = host
        input = request.data
        callsLeft = crashingAt
        // Stands for the stream of the sandbox: a function of the run.
        random = request.facts.id.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }
        let members = JSONMembers(request.data)
        let text = Array((members?.string("p") ?? "").utf8)
        let bytes = stride(from: 0, to: text.count, by: 2).map {
            UInt8(String(decoding: text[$0..<($0 + 2)], as: UTF8.self), radix: 16) ?? 0
        }
        instructions = stride(from: 0, to: bytes.count, by: 4).map { Array(bytes[$0..<($0 + 4)]) }
        if let program { instructions = program.instructions.map(\.bytes) }
        run = members?.raw("n").flatMap { Int($0) } ?? 1
    }

    mutating func result() -> GuestOutcome {
        do throws(End) {
            if let answer = try work() {
                return .completed(GuestEffects(reply: answer, state: .unchanged, messages: []))
            }
            return .completed(GuestEffects(reply: nil, state: .unchanged, messages: []))
        } catch {
            switch error {
            case .outcome(let outcome): return outcome
            }
        }
    }

    // MARK: The machine

    private mutating func fold(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { number = (number ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    private mutating func fold(_ value: Int) { fold(String(value).utf8) }

    private func argument(_ value: UInt8) -> [UInt8] { Array("{\"n\":\(Int(value) + Int(number & 0xFFFF))}".utf8) }

    /// Nil where another run follows.
    private mutating func work() throws(End) -> [UInt8]? {
        var at = 0
        var executed = 0
        while at < instructions.count {
            let code = instructions[at]
            executed += 1
            at += 1
            let (a, b, c) = (Int(code[1]), Int(code[2]), Int(code[3]))
            switch Instruction.Operation(rawValue: code[0]) {
            case .call, .local, .timer, .receive, .child: try begin(code)
            case .await: try await_(a)
            case .any where b == 0: try any(a)
            case .any: try anyOfGroup(a, isOwn: b == 1)
            case .status:
                try spend()
                guard slots[a] > 0 else { continue }
                switch calls.outcome(of: slots[a]) {
                case nil: fold(0)
                case .result: fold(1)
                case .error: fold(2)
                }
            case .cancel:
                guard slots[a] > 0 else { continue }
                fold(try number(calls.cancel(slots[a])) { 0 })
            case .emit: try handOut(.emit, "shop.happened", nil, argument(code[1]))
            case .send: try handOut(.send, "pay.P/take", "k\(a % 3)", argument(code[1]))
            case .read: try read()
            case .write: try write(argument(code[1]))
            case .delete: try write(nil)
            case .patch: fold(try number(calls.isPatched("patch-\(a)")) { $0 ? 1 : 0 })
            case .random:
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                fold(Int(random >> 40))
            case .now:
                try spend()
                fold(Int(calls.now.microseconds))
            case .skip: if number >> UInt64(a) & 1 == 1 { at += b }
            case .loop:
                // Loops within loops might not end.
                if counters[a] < UInt8(b), executed < 300 {
                    counters[a] += 1
                    at -= c + 1
                } else {
                    counters[a] = 0
                }
            case .next:
                guard run < a else { continue }
                let text = String(decoding: input, as: UTF8.self)
                let next = text.replacing("\"n\":\(run)}", with: "\"n\":\(run + 1)}")
                _ = try number(calls.continueAsNew(Array(next.utf8))) { 0 }
                return nil
            case .fail: throw failure("BROKEN")
            case .refused: try refused(a)
            case .config:
                let host = host
                var value: String?
                _ = try number(calls.configuration("value-\(a)") { host.configuration("value-\(a)") }) {
                    value = $0
                    return 0
                }
                if let value { fold(value.utf8) } else { fold(-1) }
            case .close: fold(try number(calls.close(signal: a == 0 ? "approve" : "ask")) { 0 })
            case .reply:
                let error = Array("{\"code\":\"NO\",\"message\":\"no\"}".utf8)
                let data = b == 0 ? argument(code[1]) : b == 1 ? error : Array("{\"value\":\"wrong\"}".utf8)
                fold(try number(calls.reply(to: told, isError: b == 1, data: data)) { 0 })
            case nil: throw .outcome(.badOutput("no such instruction"))
            }
        }
        return Array("{\"value\":\"\(String(number, radix: 16))\"}".utf8)
    }

    private func failure(_ code: String) -> End {
        .outcome(
            .failed(
                GuestFailure(
                    code: code, message: "at \(String(number, radix: 16))", details: nil, retryable: false)))
    }

    // MARK: Host calls

    /// Every host call may be the one in which the process dies.
    private mutating func spend() throws(End) {
        callsLeft -= 1
        if callsLeft == 0 { throw .outcome(.trapped(GuestTrap(kind: .unreachable, message: "as asked"))) }
    }

    private mutating func number<Value>(_ decision: WorkflowDecision<Value>, _ body: (Value) -> Int) throws(End) -> Int
    {
        try spend()
        switch decision {
        case .proceed(let value): return body(value)
        case .suspend: throw .outcome(.suspended)
        case .stop(let reason): throw .outcome(.stopped(reason))
        case .refuse(.limit, _): return -2
        case .refuse(.notAllowed, _): return -3
        case .refuse(.invalid, _): return -4
        }
    }

    private mutating func begin(_ code: [UInt8]) throws(End) {
        let (slot, b, c) = (Int(code[1]), Int(code[2]), Int(code[3]))
        let command: GuestCommand
        switch Instruction.Operation(rawValue: code[0]) {
        case .call:
            command = GuestCommand(
                kind: .call, name: ["pay.P/take", "pay.P/fail", "pay.P/flaky", "pay.P/late"][c % 4],
                key: "k\(b % 3)", data: argument(code[2]),
                options: Array(["", "", "{\"retries\":3,\"backoff\":\"none\"}", "{\"deadline\":50000}"][c % 4].utf8))
        case .local:
            command = GuestCommand(
                kind: .call, name: ["shop.W/step", "shop.W/failing", "shop.W/flaky"][c % 3], data: argument(code[2]),
                options: Array("{\"delay\":1000}".utf8))
        case .timer: command = GuestCommand(kind: .timer, name: "", data: Array("\(b * 1000)".utf8))
        case .receive: command = GuestCommand(kind: .receive, name: b % 2 == 0 ? "approve" : "ask")
        default:
            command = GuestCommand(
                kind: .call, name: "pay.P/child", key: c == 0 ? nil : "child-\(b)", data: argument(code[2]),
                options: Array(["", "{\"detached\":true}", "{\"parentClose\":\"abandon\"}"][c % 3].utf8))
        }
        let op = try number(calls.begin(command)) { Int($0) }
        if op > 0 { slots[slot] = Int32(op) } else { fold(op) }
    }

    private mutating func await_(_ slot: Int) throws(End) {
        guard slots[slot] > 0 else { return }
        if try number(calls.wait(forAnyOf: [slots[slot]]), { $0 ?? -6 }) < 0 { try cleanUp() }
        take(slot)
    }

    private mutating func take(_ slot: Int) {
        switch calls.outcome(of: slots[slot]) {
        case .result(let data): fold(data)
        // The time in an error is no business of the program.
        case .error(let data): fold((JSONMembers(data)?.string("code") ?? "").utf8)
        case nil: fold(99)
        }
        told = slots[slot]
        slots[slot] = 0
    }

    private mutating func any(_ mask: Int) throws(End) {
        let chosen = slots.indices.filter { mask >> $0 & 1 == 1 && slots[$0] > 0 }
        guard !chosen.isEmpty else { return }
        let place = try number(calls.wait(forAnyOf: chosen.map { slots[$0] })) { $0 ?? -6 }
        if place < 0 { try cleanUp() }
        fold(chosen[place])
        take(chosen[place])
    }

    /// The same by a group: one of its own, or the one that lasts, which has more and more members.
    private mutating func anyOfGroup(_ mask: Int, isOwn: Bool) throws(End) {
        let chosen = slots.indices.filter { mask >> $0 & 1 == 1 && slots[$0] > 0 }
        guard !chosen.isEmpty else { return }
        if isOwn || lastingGroup == 0 {
            let made = Int32(try number(calls.makeGroup()) { Int($0) })
            if !isOwn { lastingGroup = made }
            ownGroup = made
        }
        let group = isOwn ? ownGroup : lastingGroup
        // Those that are in another group are waited for beside it.
        var others: [Int32] = []
        for slot in chosen {
            let added = try number(calls.add(slots[slot], to: group)) { 0 }
            if added < 0 { others.append(slots[slot]) }
        }
        let op = try number(calls.next(of: group, orAnyOf: others)) { next in
            switch next {
            case .operation(let op): Int(op)
            case .cancelled: -6
            case .empty: -1
            }
        }
        if op == -6 { try cleanUp() }
        guard let slot = slots.firstIndex(of: Int32(op)), op > 0 else { return fold(op) }
        fold(slot)
        take(slot)
    }

    /// The workflow is cancelled: it gives up what is open, waits for that, and says that it was cancelled.
    private mutating func cleanUp() throws(End) {
        fold((calls.cancelReason ?? "").utf8)
        for slot in slots.indices where slots[slot] > 0 { _ = try number(calls.cancel(slots[slot])) { 0 } }
        for slot in slots.indices where slots[slot] > 0 {
            _ = try number(calls.wait(forAnyOf: [slots[slot]])) { $0 ?? -6 }
            take(slot)
        }
        throw failure("CANCELLED")
    }

    private mutating func handOut(_ kind: GuestMessage.Kind, _ name: String, _ key: String?, _ data: [UInt8])
        throws(End)
    {
        let host = host
        let decision = calls.handOut(kind, name: name, key: key, data: data, due: nil) {
            kind == .emit ? host.checkEmit(event: name, data: data) : host.checkSend(target: name, key: key, data: data)
        }
        fold(try number(decision) { 0 })
    }

    private mutating func read() throws(End) {
        var state: [UInt8]?
        let result = try number(calls.readState()) {
            state = $0
            return 0
        }
        if result == 0 { if let state { fold(state) } else { fold(-1) } }
    }

    private mutating func write(_ state: [UInt8]?) throws(End) {
        fold(try number(calls.writeState(state) { .accepted }) { 0 })
    }

    private mutating func refused(_ which: Int) throws(End) {
        switch which {
        case 0:
            let command = GuestCommand(kind: .call, name: "no.Body/there", data: argument(0))
            fold(try number(calls.begin(command)) { Int($0) })
        case 1: try handOut(.emit, "not.declared", nil, argument(0))
        default:
            let command = GuestCommand(kind: .call, name: "pay.P/take", data: argument(0), options: Array("[]".utf8))
            fold(try number(calls.begin(command)) { Int($0) })
        }
    }
}
