import MeshCore

/// What a service may do outside, by its grants.
struct Permissions: Sendable {
    private let service: String
    private let capabilities: [Capability]
    /// Where everything is allowed: what would have needed a grant.
    private let wishes: WishList?

    /// What isn't a capability (somebody wrote into the table) allows nothing.
    init(of service: String, granted: [String], wishes: WishList? = nil) {
        self.service = service
        capabilities = granted.compactMap { text in
            do throws(MeshError) { return try Capability(text) } catch {
                Log("egress").warning("a grant of \(service) is passed over: \(error.message)")
                return nil
            }
        }
        self.wishes = wishes
    }

    /// Throws where the service may not call that URL.
    func check(_ url: OutsideURL) throws(MeshError) {
        let isAllowed = capabilities.contains { if case .http(let place) = $0 { place.contains(url) } else { false } }
        if isAllowed { return }
        if let wishes { return wishes.add("\(service) http:\(url.origin)/") }
        throw MeshError(
            .permissionDenied,
            "\(service) may not call \(url.origin)\(url.path): no grant covers it; an administrator allows it with: wasmesh grants add \(service) http:\(url.origin)/"
        )
    }

    /// Throws where the service may not send that secret there.
    func check(secret name: String, to url: OutsideURL) throws(MeshError) {
        let isAllowed = capabilities.contains {
            if case .secret(name, let place) = $0 { place.contains(url) } else { false }
        }
        if isAllowed { return }
        if let wishes { return wishes.add("\(service) secret:\(name)@\(url.origin)/") }
        throw MeshError(
            .permissionDenied,
            "\(service) may not send the secret '\(name)' to \(url.origin): no grant covers it; an administrator allows it with: wasmesh grants add \(service) secret:\(name)@\(url.origin)/"
        )
    }
}
