import Foundation
import MeshCore
import Outbox
import Schemas
import TestSupport
import Wasm
import Workflows

/// Measures what a workflow costs that is told of one more answer: its journal of so many entries is replayed, it makes the next call, and waits.
///
/// `replay-benchmark [ENTRIES…]`: once with the code in the sandbox, once with native code, which leaves the machine alone.
@main struct ReplayBenchmark {
    static func main() throws {
        let given = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let sizes = given.isEmpty ? [1_000, 10_000, 49_000] : given
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let bytes = try CGuestCompiler.compile(
            source.appendingPathComponent("replay.c").path,
            include: source.appendingPathComponent("../../SDK/C").standardizedFileURL.path)
        let module = try WasmModule(bytes, engine: WasmEngine())
        print("| entries | ms in the sandbox | µs per entry | ms native | µs per entry |\n|---|---|---|---|---|")
        for entries in sizes {
            let sandboxed = median(entries, ReplayCode(module: module))
            let native = median(entries, ReplayCode(module: nil))
            print(
                "| \(entries) | \(text(sandboxed)) | \(text(sandboxed * 1000 / Double(entries))) | \(text(native)) | \(text(native * 1000 / Double(entries))) |"
            )
        }
        print("\n| open calls of a fan-out | ms in the sandbox, all but one answered |\n|---|---|")
        for calls in [100, 1_000, 10_000] {
            let record = fan(of: calls, digest: module.digest)
            print(
                "| \(calls) | \(text(median(record, Int32(calls), ReplayCode(module: module, method: "Orders/fan"))) ) |"
            )
        }
    }

    private static func text(_ number: Double) -> String { "\((number * 100).rounded() / 100)" }

    private static func median(_ entries: Int, _ code: ReplayCode) -> Double {
        median(journal(of: entries, digest: code.digest), Int32(entries / 2), code)
    }

    /// Milliseconds of CPU that the answer to `op` costs, the median of some runs.
    private static func median(_ record: WorkflowRecord, _ op: Int32, _ code: ReplayCode) -> Double {
        let answer = Message(
            id: "a", type: "mesh.answer", source: "/pay.Payments", time: .now, key: "w1",
            data: Array("{\"value\":1}".utf8),
            extensions: MessageExtensions(status: .ok, operation: "1.\(op).1"))
        let times = (0..<9).map { _ in
            let start = clock()
            let activation = WorkflowActivation.run(
                [.answer(answer)], of: record.row.id, record: record, state: nil,
                environment: ReplayEnvironment(code: code), now: .now)
            precondition(activation.effects?.write?.row.error == nil, "\(activation)")
            return Double(clock() - start) / 1000
        }
        return times.sorted()[times.count / 2]
    }

    /// A journal of calls that were made at once, the answers after them, the last one without.
    private static func fan(of calls: Int, digest: String) -> WorkflowRecord {
        var record = journal(of: 2 * calls, digest: digest, input: calls)
        let start = record.journal[0]
        let begun = record.journal.filter { $0.kind == .call }
        let answered = record.journal.filter { $0.kind == .answered }
        record.journal = [start] + begun + answered
        for index in record.journal.indices { record.journal[index].sequence = Int64(index + 1) }
        return record
    }

    /// A journal of calls and their answers, the last one without.
    private static func journal(of entries: Int, digest: String, input: Int? = nil) -> WorkflowRecord {
        let id = WorkflowID(service: "shop.Orders", key: "w1")
        let start = Message(
            id: "c", type: "shop.Orders/fulfil", source: "/http", time: .now, key: "w1",
            data: Array("{\"n\":\(input ?? entries)}".utf8))
        let now = Timestamp.now
        var journal = [
            JournalEntry(
                sequence: 1, run: 1, kind: .started, name: "fulfil", request: start.data,
                details: StartFacts(of: start).json, at: now)
        ]
        for op in 1...Int32(entries / 2) {
            journal.append(
                JournalEntry(
                    sequence: Int64(journal.count + 1), run: 1, kind: .call, op: op, name: "pay.Payments/capture",
                    key: "k\(op)", request: Array("{\"n\":\(op - 1)}".utf8), at: now))
            guard op < entries / 2 else { break }
            journal.append(
                JournalEntry(
                    sequence: Int64(journal.count + 1), run: 1, kind: .answered, op: op,
                    result: Array("{\"value\":\(op)}".utf8), at: now))
        }
        let row = WorkflowRow(
            id: id, method: "fulfil", status: .running, run: 1, digest: digest, version: "1.0.0",
            nextSequence: Int64(journal.count + 1), waitingFor: "answer of pay.Payments/capture", waitingSince: now,
            startedAt: now, updatedAt: now)
        return WorkflowRecord(row: row, journal: journal)
    }
}

struct ReplayEnvironment: WorkflowEnvironment {
    let code: ReplayCode
    var randomSecret: [UInt8] { [] }
    func currentCode(of service: String) -> ReplayCode? { code }
    func code(of service: String, digest: String) -> ReplayCode? { code }
}

/// The guest, or the same in Swift.
struct ReplayCode: WorkflowCode {
    let module: WasmModule?
    var method = "Orders/fulfil"
    var digest: String { module?.digest ?? "native" }
    var version: String { "1.0.0" }
    var hasState: Bool { false }

    func workflow(_ method: String) -> WorkflowMethod? {
        WorkflowMethod(guestName: self.method, limits: SandboxLimits(), durable: nil)
    }
    func hasSignal(_ method: String) -> Bool { false }
    func answers(signal method: String) -> Bool { false }
    func problem(withAnswer answer: [UInt8], of method: String) -> String? { nil }
    func checkCall(target: String, key: String?, data: [UInt8]) -> CallDecision {
        .accepted(CallTarget(role: .handler, key: "k", durable: nil))
    }
    func run(_ step: LocalStep) -> LocalStepOutcome { .failed(MeshError(.notFound, "no steps here")) }

    func run(_ request: GuestRequest, calls: any WorkflowCalls) -> GuestRun {
        if let module { return Sandbox.run(module, request, host: Host(), workflow: calls) }
        let count = Int(JSONMembers(request.data)?.raw("n") ?? "0") ?? 0
        for number in 0..<count {
            let command = GuestCommand(
                kind: .call, name: "pay.Payments/capture", data: Array("{\"n\":\(number)}".utf8))
            guard case .proceed(let op) = calls.begin(command), case .proceed = calls.wait(forAnyOf: [op]) else {
                return GuestRun(outcome: .suspended)
            }
            _ = calls.outcome(of: op)
        }
        return GuestRun(outcome: .completed(GuestEffects(reply: nil, state: .unchanged, messages: [])))
    }
}

private struct Host: GuestHost {
    func configuration(_ name: String) -> String? { nil }
    func checkState(_ state: [UInt8]) -> StateDecision { .accepted }
    func checkEmit(event: String, data: [UInt8]) -> MessageDecision { .accepted(key: nil, tag: 0) }
    func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision { .accepted(key: key, tag: 0) }
}
