import MeshCore
import TestSupport
import Testing

@testable import Commands

/// What the doctor says of a mesh that answers.
@Suite struct DoctorTests {
    private let idle = #"{"backlog":[{"what":"parked","messages":0},{"what":"dead letters","messages":0}],"lag":[]}"#

    private func report(
        services: String = "", workers: String = "", backlog: String? = nil, problems: String = "", stuck: String = ""
    ) async throws -> (exit: ExitCode, lines: [String: JSONNode]) {
        let (run, _) = try await ask(
            ["doctor", "--json"],
            answers: [
                "GET /api/v1/services": (200, "{\"services\":[\(services)]}"),
                "GET /api/v1/workers": (200, "{\"workers\":[\(workers)]}"),
                "GET /api/v1/backlog": (200, backlog ?? idle),
                "GET /api/v1/workflows": (200, "{\"workflows\":[\(stuck)]}"),
                "GET /api/v1/health": (200, "{\"ready\":\(problems.isEmpty),\"problems\":[\(problems)]}"),
            ])
        let findings = try JSONReader.read(run.out).elements
        return (
            run.exit, Dictionary(findings.map { ($0.text("subject"), $0) }, uniquingKeysWith: { first, _ in first })
        )
    }

    private func process(_ kind: String, alive: Bool, pool: String = "null") -> String {
        #"{"id":"\#(kind)-1","kind":"\#(kind)","pool":\#(pool),"alive":\#(alive)}"#
    }

    private let orders = #"{"service":"shop.Orders","pool":"default"}"#

    @Test func `a fresh mesh without services is fine`() async throws {
        let (exit, lines) = try await report()
        #expect(exit == .success)
        for subject in ["workers", "relays", "waiting", "dead letters"] {
            #expect(lines[subject]?.text("verdict") == "ok", "\(subject)")
        }
    }

    @Test func `a router that isn't ready is a problem, whatever it answers`() async throws {
        let topic = "topic mesh.replies is on the broker with 4 partitions"
        let (exit, lines) = try await report(problems: #"{"part":"topics","problem":"\#(topic)"}"#)
        #expect(exit == .failure)
        #expect(lines["router"]?.text("verdict") == "problem")
        #expect(lines["router"]?.text("fact").hasSuffix("isn't ready: topics: \(topic)") == true)
    }

    @Test func `a service whose pool has no living worker is a warning that says what to start`() async throws {
        let dead = process("worker", alive: false, pool: #""default""#)
        let (exit, lines) = try await report(services: orders, workers: dead)
        #expect(exit == .success)
        #expect(lines["workers"]?.text("verdict") == "warning")
        #expect(
            lines["workers"]?.text("fact") == "none is alive in the pool 'default': what is for shop.Orders waits")
        #expect(lines["workers"]?.text("remedy") == "start one: `wasmesh worker`")
        #expect(lines["relays"]?.text("verdict") == "warning")
    }

    @Test func `a pool of its own wants a worker of its own`() async throws {
        let slow = #"{"service":"shop.Slow","pool":"slowpool"}"#
        let living = process("worker", alive: true, pool: #""default""#) + "," + process("relay", alive: true)
        let (_, lines) = try await report(services: orders + "," + slow, workers: living)
        #expect(
            lines["workers"]?.text("fact") == "none is alive in the pool 'slowpool': what is for shop.Slow waits")
        #expect(lines["workers"]?.text("remedy").contains("--pool slowpool") == true)
        #expect(lines["relays"]?.text("verdict") == "ok")
        let both = living + "," + process("worker", alive: true, pool: #""slowpool""#)
        let (_, fine) = try await report(services: orders + "," + slow, workers: both)
        #expect(fine["workers"]?.text("verdict") == "ok")
        #expect(fine["workers"]?.text("fact") == "2 alive, in default, slowpool")
    }

    @Test func `calls to the outside want somebody who makes them`() async throws {
        let calls = #"{"backlog":[{"what":"http calls","messages":3}],"lag":[]}"#
        let (_, lines) = try await report(backlog: calls)
        #expect(lines["egress"]?.text("verdict") == "warning")
        #expect(lines["egress"]?.text("fact") == "none is alive: 3 calls to the outside wait")
        let (_, fine) = try await report(workers: process("egress", alive: true), backlog: calls)
        #expect(fine["egress"]?.text("verdict") == "ok")
        let (_, none) = try await report()
        #expect(none["egress"] == nil)
    }

    @Test func `what waits is noted, and open dead letters are a warning`() async throws {
        let (exit, lines) = try await report(
            backlog:
                #"{"backlog":[{"what":"parked","messages":2},{"what":"sql lane","messages":3},{"what":"dead letters","messages":16}],"lag":[{"lag":4},{"lag":1}]}"#
        )
        #expect(exit == .success)
        #expect(lines["waiting"]?.text("verdict") == "note")
        #expect(
            lines["waiting"]?.text("fact")
                == "5 for workers, as these last saw it, 3 to be published, 2 for another attempt")
        #expect(lines["dead letters"]?.text("verdict") == "warning")
        #expect(lines["dead letters"]?.text("fact") == "16 open")
    }

    @Test func `workflows that are stuck are a warning that says of which services`() async throws {
        let (exit, lines) = try await report(
            stuck:
                #"{"service":"shop.Orders","id":"o-1"},{"service":"shop.Bills","id":"b-1"},{"service":"shop.Orders","id":"o-2"}"#
        )
        #expect(exit == .success)
        #expect(lines["workflows"]?.text("verdict") == "warning")
        #expect(lines["workflows"]?.text("fact") == "3 stuck, of shop.Bills, shop.Orders")
        let (_, fine) = try await report()
        #expect(fine["workflows"] == nil)
    }

    @Test func `calls that are sent later are nothing to say of before their time has passed`() async throws {
        let (_, early) = try await report(backlog: #"{"backlog":[{"what":"delayed sends","messages":7}],"lag":[]}"#)
        #expect(early["waiting"]?.text("verdict") == "ok" && early["waiting"]?.text("fact") == "nothing")
        let (_, late) = try await report(
            backlog:
                #"{"backlog":[{"what":"delayed sends","messages":7},{"what":"overdue sends","messages":2}],"lag":[]}"#)
        #expect(late["waiting"]?.text("verdict") == "note")
        #expect(late["waiting"]?.text("fact").hasSuffix(", 2 whose time to be sent has passed") == true)
    }
}
