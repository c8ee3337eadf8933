internal import Foundation
internal import HTTPServer

/// A client of the routers that asks until it has a definite answer, as a careful one does.
struct HTTPWork: Sendable {
    let routers: [String]
    let log: WorkLog
    let shape: WorkShape
    /// How long it goes on asking for one transfer.
    let patience: Duration
    private let client = HTTPClient(timeout: .seconds(6))

    /// Asks for one transfer after the other until cancelled; the last one is brought to its end.
    func run(number: Int, seed: UInt64, pace: Duration) async {
        var random = SeededGenerator(seed: seed)
        var count = 0
        while !Task.isCancelled {
            count += 1
            let transfer = shape.transfer(id: "h\(seed % 100_000).\(number).\(count)", &random)
            let waits = random.chance(0.3)
            let asks = random.chance(0.3)
            let wait = Int.random(in: 0...300, using: &random)
            let start = random.next()
            // Not cancelled with the work: what was begun is brought to a definite answer.
            await Task.detached {
                await ask(
                    for: transfer, waits: waits, wait: wait, asks: asks, router: Int(start % UInt64(routers.count)))
            }.value
            try? await Task.sleep(for: random.gap(mean: pace))
        }
    }

    private func ask(for transfer: Transfer, waits: Bool, wait: Int, asks: Bool, router: Int) async {
        log.set(transfer, .unknown)
        let request: Request
        switch transfer.way {
        case .call: request = .call(transfer, waits: waits)
        case .event: request = .event(transfer)
        case .workflow: request = .workflow(transfer, wait: wait, asks: asks, tells: shape.outside)
        }
        guard let answer = await insist(request, router: router) else { return }
        if transfer.way == .call, waits {
            // At the deadline nobody knows; a handler that hasn't begun isn't begun any more.
            guard answer.status == 200 else { return }
            log.set(transfer, .done(answer.text.contains("MOVED") ? "MOVED" : "REFUSED"))
        } else {
            log.set(transfer, .accepted)
        }
        guard transfer.way == .workflow, asks else { return }
        var approval: HTTPClient.Response?
        // A router that was killed may not have published the start yet. Under its key this answer is kept, so another try has another one.
        for attempt in 1...100 {
            approval = await insist(.approve(transfer, attempt: attempt), router: router)
            guard approval?.text.contains("INSTANCE_NOT_FOUND") == true else { break }
            try? await Task.sleep(for: .milliseconds(300))
        }
        guard let approval, !approval.text.contains("INSTANCE_NOT_FOUND") else { return }
        // What the workflow said of itself, or that it had ended, as one that is refused does: no receipt may say otherwise.
        log.set(transfer, .done(approval.text.contains("MOVED") ? "MOVED" : "REFUSED"))
    }

    /// Sends a request until its answer is a definite one; nil where there was none within our patience.
    private func insist(_ request: Request, router: Int) async -> HTTPClient.Response? {
        let deadline = ContinuousClock.now + patience
        var router = router
        while ContinuousClock.now < deadline {
            do {
                let answer = try await client.request(
                    "POST", routers[router] + request.path, headers: request.headers, body: Array(request.body.utf8),
                    timeout: request.timeout)
                log.count {
                    $0.requests += 1; $0.statuses["\(request.name) \(answer.status)", default: 0] += 1
                }
                if request.isDefinite(answer) { return answer }
            } catch {
                log.count {
                    $0.requests += 1; $0.statuses["\(request.name) no answer", default: 0] += 1
                }
            }
            router = (router + 1) % routers.count
            try? await Task.sleep(for: .milliseconds(150))
        }
        return nil
    }
}

/// One kind of request, and which of its answers end the asking.
private struct Request: Sendable {
    var name: String
    var path: String
    var headers: HTTPHeaders
    var body: String
    var timeout: Duration = .seconds(6)
    var isDefinite: @Sendable (HTTPClient.Response) -> Bool

    static func call(_ transfer: Transfer, waits: Bool) -> Request {
        var headers: HTTPHeaders = ["Content-Type": "application/json", "Idempotency-Key": transfer.id]
        headers.add(waits ? "Connect-Timeout-Ms" : "Prefer", waits ? "8000" : "respond-async")
        return Request(
            name: waits ? "call" : "send", path: "/bank.Accounts/transfer", headers: headers,
            body: "{\"transfer\":\(transfer.json)}", timeout: waits ? .seconds(10) : .seconds(6)
        ) { waits ? $0.status == 200 || $0.status == 504 : $0.status == 202 }
    }

    static func event(_ transfer: Transfer) -> Request {
        Request(
            name: "event", path: "/events", headers: ["Content-Type": "application/cloudevents+json"],
            body: """
                {"specversion":"1.0","id":"\(transfer.id)","source":"/chaos","type":"bank.ordered","data":\(transfer.json)}
                """
        ) { $0.status == 202 }
    }

    static func workflow(_ transfer: Transfer, wait: Int, asks: Bool, tells: String) -> Request {
        Request(
            name: "workflow", path: "/bank.Moves/move",
            headers: ["Content-Type": "application/json", "Prefer": "respond-async"],
            body: """
                {"id":"\(transfer.id)","transfer":\(transfer.json),"wait":\(wait),"asks":\(asks),"tells":"\(tells)"}
                """
        ) { $0.status == 202 || $0.status == 200 }
    }

    /// Answered by the workflow's code when it has moved the money, however often it is asked: it is one call. A workflow that was refused its money
    /// has ended, and wants no word.
    static func approve(_ transfer: Transfer, attempt: Int) -> Request {
        Request(
            name: "signal", path: "/bank.Moves/approve",
            headers: [
                "Content-Type": "application/json", "Idempotency-Key": "\(transfer.id)/approve/\(attempt)",
                "Connect-Timeout-Ms": "4000",
            ], body: "{\"id\":\"\(transfer.id)\"}"
        ) { answer in
            answer.status == 200
                || ["FAILED_PRECONDITION", "INSTANCE_NOT_FOUND"].contains { answer.text.contains($0) }
        }
    }
}

extension Transfer {
    var json: String { "{\"id\":\"\(id)\",\"source\":\"\(source)\",\"target\":\"\(target)\",\"amount\":\(amount)}" }
}
