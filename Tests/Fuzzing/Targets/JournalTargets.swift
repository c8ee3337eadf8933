internal import MeshCore
@testable internal import Outbox
internal import Wasm
@testable internal import Workflows

extension FuzzTarget {
    /// The JSON of journals, orders and addresses: read, written and read again.
    static let journal = FuzzTarget(
        "journal", "workflow details, options, orders, addresses, and journals that are replayed",
        seeds: [
            #"{"id":"a","type":"t","source":"/s","service":"x.Y","inputDigest":"00","resets":"1:2,3:4","replyTo":1,"keepsResult":true,"answerTo":"a.B/1.1.1/k"}"#,
            #"{"givenKey":true,"child":true,"parentClose":"abandon","role":"compensation","retries":3,"backoff":"fixed","delay":1,"maximumDelay":2}"#,
            #"{"refused":"limit","reason":"r","digest":"d"}"#, #"{"order":"reset","sequence":12}"#,
            #"{"order":"restart","run":1,"digest":"d1","input":{"n":1}}"#,
            #"{"order":"cancel","reason":"r","caller":"a.B/1.1.1/k"}"#,
            #"{"label":"l","retries":5,"backoff":"none","deadline":100,"detached":true}"#, "shop.Orders/1.2.3/k/l",
            "2026-11-21T00:00:00Z",
        ]
    ) { input in
        let text = String(decoding: input, as: UTF8.self)
        if let facts = StartFacts(json: input) {
            try require(StartFacts(json: facts.json) == facts, "other facts after writing: \(facts)")
        }
        if let caller = WorkflowCaller(json: input) {
            try require(WorkflowCaller(json: caller.json) == caller, "another caller after writing: \(caller)")
        }
        let details = CommandDetails(json: input)
        try require(CommandDetails(json: details.json) == details, "other details after writing: \(details)")
        _ = CommandDetails.refusal(input)
        _ = CommandDetails.isChild(input)
        if let options = try? CommandOptions(input), let retry = options.retry(over: nil) {
            for attempt in [1, 2, 50, Int32.max] as [Int32] {
                if let due = retry.due(
                    afterAttempt: attempt, from: Timestamp(microseconds: 1_700_000_000_000_000), seed: .max)
                {
                    try require(due.microseconds >= 1_700_000_000_000_000, "an attempt before the one that failed")
                }
            }
        }
        if let order = try? WorkflowOrder(input) {
            try require(try WorkflowOrder(order.json) == order, "another order after writing: \(order)")
        }
        if let address = AnswerAddress(text) {
            try require(AnswerAddress(address.description) == address, "another address after writing: \(address)")
        }
        try machine(input)
    }

    /// A journal that nobody would have written, and code that asks for anything.
    private static func machine(_ input: [UInt8]) throws {
        var reader = Reader(input)
        var journal: [JournalEntry] = []
        let count = Int(reader.byte() % 24)
        let start = JournalEntry(
            sequence: 1, run: 1, kind: .started, request: Array("{}".utf8),
            details: Array(#"{"id":"a","type":"t.F/go"}"#.utf8),
            at: Timestamp(microseconds: 1))
        journal.append(start)
        for index in 0..<count {
            let kind = JournalEntry.Kind.allCases[Int(reader.byte()) % JournalEntry.Kind.allCases.count]
            let op = Int32(reader.byte() % 8)
            journal.append(
                JournalEntry(
                    sequence: Int64(index + 2), run: 1, kind: kind, op: op, name: kind == .signal ? "poke" : "t.F/step",
                    request: Array("{}".utf8), result: op % 2 == 0 ? Array("{}".utf8) : nil,
                    due: Timestamp(microseconds: Int64(index)), attempt: Int32(reader.byte() % 3),
                    at: Timestamp(microseconds: Int64(index + 2))))
        }
        var machine = WorkflowMachine(journal, nextSequence: Int64(journal.count + 1), at: Timestamp(microseconds: 1))
        machine.rewind()
        while !reader.isAtEnd {
            let op = Int32(reader.byte() % 10)
            switch reader.byte() % 4 {
            case 0: _ = machine.wait(forAnyOf: [op, op + 1])
            case 1: _ = machine.outcome(of: op)
            case 2:
                _ = machine.match(CommandRequest(GuestCommand(kind: .call, name: "t.F/step", data: Array("{}".utf8))))
            default: _ = machine.isPatched("p")
            }
        }
    }
}
