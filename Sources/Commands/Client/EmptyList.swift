import MeshCore

/// What is said of a list that is empty.
enum EmptyList {
    /// `no workflows`, and more where those of one service were asked for that isn't deployed: it may be a misspelled one.
    static func text(of things: String, service: String?, _ client: RouterClient) async throws -> String {
        guard let service else { return "no \(things)" }
        let deployed =
            try await client.control("GET", "services")["services"]?.elements.map { $0.text("service") } ?? []
        guard !deployed.contains(service) else { return "no \(things) of \(service)" }
        return "no \(things); no service '\(service)' is deployed\(DidYouMean.clause(for: service, among: deployed))"
    }
}
