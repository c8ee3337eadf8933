import TestSupport
import Testing

@testable import Postgres

@Suite struct PipelineRepliesTests {
    private typealias Replies = PipelineReplies<Int>

    private func steps(_ count: Int) -> [Pipeline.Step] {
        (0..<count).map { Pipeline.Step(statement: Statement("step\($0)", ""), parameters: 0..<0) }
    }

    private func error(_ message: String) -> PostgresError { PostgresError(.server, message, sqlstate: "XX000") }

    @Test func `whatever fails first is the error, and what came before it are the results`() {
        var seed = Seed()
        for _ in 0..<500 {
            let stepCount = seed.integer(in: 1...6)
            let names = (0..<seed.integer(in: 0...stepCount)).map { "step\($0)" }
            var replies = Replies(steps: steps(stepCount), preparations: names)
            var firstError: (message: String, statement: String?)?
            for name in names {
                let fails = seed.chance(0.2)
                let reply: Replies.Reply = fails ? .failure(error("prepare \(name)")) : .success(-1)
                let index = names.firstIndex(of: name) ?? 0
                #expect(replies.receive(reply) == (fails ? .preparationFailed(index) : .wait))
                if fails, firstError == nil { firstError = ("prepare \(name)", name) }
                #expect(replies.receive(.sync) == .wait)
            }
            // The server fails at most one step, and skips those behind it.
            let failing = seed.chance(0.5) ? seed.integer(in: 0...stepCount - 1) : stepCount
            for step in 0..<stepCount {
                let reply: Replies.Reply =
                    step < failing ? .success(step) : step == failing ? .failure(error("step")) : .skipped
                #expect(replies.receive(reply) == .wait)
                if step == failing, firstError == nil { firstError = ("step", "step\(step)") }
            }
            if failing == stepCount, seed.chance(0.2) {
                #expect(replies.receive(.failure(error("commit"))) == .wait)
                if firstError == nil { firstError = ("commit", nil) }
            }
            #expect(replies.receive(.sync) == .finished)
            #expect(replies.results == Array(0..<failing))
            #expect(replies.error?.message == firstError?.message)
            #expect(replies.error?.statement == firstError?.statement)
        }
    }

    @Test func `replies in any order end in being finished or out of step, never in a crash`() {
        var seed = Seed()
        var outcomes: Set<String> = []
        for _ in 0..<2000 {
            var replies = Replies(
                steps: steps(seed.integer(in: 0...3)), preparations: seed.chance(0.5) ? ["step0"] : [])
            for _ in 0..<20 {
                let choices: [Replies.Reply] = [.success(0), .failure(error("x")), .skipped, .sync]
                let action = replies.receive(choices[seed.integer(in: 0...3)])
                outcomes.insert("\(action)".prefix { $0 != "(" }.description)
                if action == .finished || action == .outOfStep { break }
            }
        }
        #expect(outcomes == ["wait", "preparationFailed", "finished", "outOfStep"])
    }
}
