import HTTPServer
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

/// Setting and deleting states over HTTP.
@Suite struct StateControlTests {
    private let order = #"{"id": "o-1", "customer": "c"}"#

    @Test func `a state is set by a message of its key, which the owner answers`() async throws {
        try await withRouter { mesh in
            let answer = try await mesh.control("PUT", "state/shop.Orders/o-1", body: Array(order.utf8))
            #expect(answer.status == 200 && answer.member("state") == "taken", "\(answer.text)")
            let message = try #require(mesh.responder.messages.all.first { $0.type == StateOrder.messageType })
            #expect(message.key == "o-1" && message.id == answer.member("message"))
            #expect(message.data == Array(#"{"order":"set","state":\#(order)}"#.utf8))
            let facts = try await mesh.pool.query(
                .oneOff("SELECT action || ' ' || subject, details->>'sha256' FROM mesh.fact WHERE action = 'set state'")
            )
            #expect(try facts.first?.text(0) == "set state state shop.Orders/o-1")
            #expect(try facts.first?.text(1) == SHA256.hex(Array(order.utf8)))
        }
    }

    @Test func `what can't be the state of a key is refused, and nothing is sent`() async throws {
        try await withRouter { mesh in
            for (path, body, problem) in [
                ("shop.Orders/o-1", "", "the body is empty"), ("shop.Orders/o-1", "no", "Order"),
                ("shop.Orders/o-1", #"{"id":"o-1"}"#, "customer"), ("shop.Orders/o-1", "[]", "Order"),
                ("shop.Orders/o-2", order, "the Order's id is 'o-1', and the key 'o-2'"),
                ("shop.Nobody/o-1", order, "no deployed service"),
            ] {
                let answer = try await mesh.control("PUT", "state/\(path)", body: Array(body.utf8))
                #expect((400...404).contains(answer.status), "\(body): \(answer.text)")
                #expect(answer.member("message")?.contains(problem) == true, "\(body): \(answer.text)")
            }
            let long = String(repeating: "k", count: 1100)
            let state = #"{"id": "\#(long)", "customer": "c"}"#
            #expect(try await mesh.control("PUT", "state/shop.Orders/\(long)", body: Array(state.utf8)).status == 400)
            #expect(try await mesh.control("DELETE", "state/shop.Orders/o-1").member("code") == "INSTANCE_NOT_FOUND")
            #expect(try await mesh.control("DELETE", "state/shop.Orders/o-1", token: "wrong").status == 401)
            #expect(mesh.responder.messages.all.allSatisfy { $0.type != StateOrder.messageType })
        }
    }

    @Test func `a state that is there is deleted, and a refusal of the owner is told`() async throws {
        let refusal = #"{"code":"INVALID_REQUEST","message":"not here","details":null,"retryable":false}"#
        try await withRouter(answer: { $0.key == "bad" ? (.error, refusal) : (.ok, "{}") }) { mesh in
            _ = try await mesh.pool.query(
                .oneOff(
                    "INSERT INTO mesh.state (service, key, version, data) VALUES ('shop.Orders', 'o-1', 1, '{\"id\":\"o-1\",\"customer\":\"c\"}')"
                ))
            let answer = try await mesh.control("DELETE", "state/shop.Orders/o-1")
            #expect(answer.status == 200 && answer.member("order") == "delete state", "\(answer.text)")
            let message = try #require(mesh.responder.messages.all.first { $0.type == StateOrder.messageType })
            #expect(message.key == "o-1" && message.data == StateOrder.delete.data)
            let bad = try await mesh.control(
                "PUT", "state/shop.Orders/bad", body: Array(#"{"id": "bad", "customer": "c"}"#.utf8))
            #expect(bad.status == 400 && bad.member("message") == "not here", "\(bad.text)")
        }
    }

    @Test func `an order that the owner doesn't answer is durable all the same`() async throws {
        try await withRouter(answer: { _ in nil }) { mesh in
            let answer = try await mesh.control("PUT", "state/shop.Orders/o-1", body: Array(order.utf8))
            #expect(answer.status == 202 && answer.member("state") == "accepted", "\(answer.text)")
        }
    }
}
