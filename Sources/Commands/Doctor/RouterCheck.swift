import MeshCore

/// The router: reachable, ready, and willing to take our token; what it knows of the mesh's life.
enum RouterCheck {
    static func run(_ client: RouterClient) async -> [Finding] {
        do throws(CommandFailure) {
            let answer = try await client.control("GET", "services")
            let services = (answer["services"] ?? answer).elements
            let count = services.count
            let life = MeshCheck(
                services: services, processes: try await client.control("GET", "workers")["workers"]?.elements ?? [],
                backlog: try await client.control("GET", "backlog"),
                stuck: try await client.control(
                    "GET", "workflows", query: [("status", "stuck"), ("limit", String(MeshCheck.page))])["workflows"]?
                    .elements ?? [])
            return readiness(client.shownURL, try await client.control("GET", "health")) + [
                Finding(subject: "token", verdict: .fine, fact: "accepted"),
                Finding(
                    subject: "deployments", verdict: .fine, fact: "\(count) service\(count == 1 ? "" : "s")",
                    remedy: count == 0 ? "deploy one: `wasmesh deploy FILE.wasm`" : ""),
            ] + life.findings
        } catch {
            if error.code == "UNAUTHENTICATED" || error.code == "PERMISSION_DENIED" {
                return [
                    Finding(subject: "router", verdict: .fine, fact: client.shownURL),
                    Finding(
                        subject: "token", verdict: .problem, fact: error.message,
                        remedy: "set WASMESH_TOKEN; a lost token is replaced as docs/operations.md says"),
                ]
            }
            return [
                Finding(
                    subject: "router", verdict: error.exit == .unreachable ? .unreachable : .problem,
                    fact: error.message,
                    remedy: error.hint ?? "")
            ]
        }
    }

    /// A finding for each thing that keeps the router from its work, as `/readyz` says it.
    private static func readiness(_ url: String, _ health: JSONNode) -> [Finding] {
        let problems = health["problems"]?.elements ?? []
        guard !problems.isEmpty else { return [Finding(subject: "router", verdict: .fine, fact: url)] }
        return problems.map { problem in
            Finding(
                subject: "router", verdict: .problem,
                fact: "\(url) isn't ready: \(problem.text("part")): \(problem.text("problem"))",
                remedy: "a router that was just started needs some seconds; else its log says more")
        }
    }
}
