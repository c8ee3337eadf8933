import HTTPServer
import MeshCore
import Outbox
import Schemas
import Wasm

extension ControlPlane {
    /// `POST /api/v1/deployments`: the body is the `.wasm` file, whatever content type its sender gives it.
    func deploy(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        guard !request.body.isEmpty else {
            throw MeshError(.invalidRequest, "the body is empty; send the .wasm file that `wasmesh build` made")
        }
        return try await deploy(request.body, request, actor, isRollback: false)
    }

    /// `POST /api/v1/deployments/{digest}`: what was deployed before, again.
    func rollBack(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let name = try parameter("digest", request).lowercased()
        guard name.count >= 8, name.allSatisfy(\.isHexDigit) else {
            throw MeshError(.invalidRequest, "'\(name.shortened)' isn't a digest: it has 8 to 64 hexadecimal digits")
        }
        guard let (digest, _) = try await stores.registry.schemaText(name),
            let wasm = try await stores.registry.wasm(digest)
        else {
            throw MeshError(
                .notFound,
                "no package with the digest \(name.shortened) was deployed before, or several begin so; GET /api/v1/deployments lists them"
            )
        }
        return try await deploy(wasm, request, actor, isRollback: true)
    }

    /// `GET /api/v1/deployments`: the latest deploys.
    func deployments(_ request: HTTPRequest) async throws -> RouterResponse {
        let history = try await stores.registry.history(limit: try limit(of: request))
        let body = JSONWriter.object { writer in
            writer.member("deployments") { writer in
                writer.array(history) { writer, deployment in
                    writer.object { writer in
                        writer.member("id", deployment.id)
                        writer.member("digest", deployment.digest)
                        writer.member("namespace", deployment.namespace)
                        writer.member("version", deployment.version)
                        writer.member("services", deployment.services)
                        writer.member("pool", deployment.pool)
                        writer.member("by", deployment.deployedBy)
                        writer.member("at", deployment.deployedAt.iso8601)
                        writer.member("active", deployment.isActive)
                    }
                }
            }
        }
        return .json(body + "\n")
    }

    private func deploy(
        _ wasm: [UInt8], _ request: HTTPRequest, _ actor: String, isRollback: Bool
    ) async throws -> RouterResponse {
        let isForced = try flag("force", request)
        let wish = DeployWish(
            wasm: wasm, pool: try pool(request), actor: actor, sample: try whole("sample", request).map(Int.init),
            isDryRun: try flag("dry-run", request), isForced: isForced,
            allowsBreaking: try flag("allow-breaking", request) || isForced, isRollback: isRollback)
        let (review, pool, obstacles, gate, receipt) = try await fulfil(wish)
        let refusal = wish.isDryRun ? wish.refusal(review, obstacles, gate) : nil
        let body = JSONWriter.object { writer in
            if let receipt {
                writer.member("id", receipt.id)
                writer.member("views", receipt.views)
            }
            writer.member("dryRun", wish.isDryRun)
            if wish.isDryRun { writer.member("refusal", json: refusal?.json) }
            review.write(to: &writer)
            writer.member("pool", pool)
            writer.member("gate") { writer in writer.object { gate.write(to: &$0) } }
        }
        return .json(body + "\n", status: wish.isDryRun ? 200 : 201)
    }

    /// The pool that the request names; nil where it leaves that open.
    private func pool(_ request: HTTPRequest) throws(MeshError) -> String? {
        guard let pool = request.query("pool") else { return nil }
        guard !pool.isEmpty, pool.utf8.count <= 64,
            pool.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        else {
            throw MeshError(.invalidRequest, "pool is '\(pool.shortened)': it has letters, digits, - and _, at most 64")
        }
        return pool
    }

    /// Reviews a package and puts it in force; again where another deploy came between the two, since it may contradict that one.
    private func fulfil(
        _ wish: DeployWish
    ) async throws -> (
        review: DeploymentReview, pool: String, obstacles: [String], gate: GateReport, receipt: DeploymentReceipt?
    ) {
        for _ in 0..<DeployWish.attempts {
            // What is deployed now, not what this router saw a second ago.
            try await registry.refresh()
            let inForce = registry.inForce
            let deployments = routing.current.table.deployments
            let review = try DeploymentReview.of(wish.wasm, against: deployments)
            let pool = try wish.pool ?? review.pool(among: deployments)
            let module = try await compileCheck.module(wish.wasm)
            let obstacles = try await stores.registry.viewObstacles(to: review.schema)
            if !wish.isDryRun {
                try wish.requirePermission(review)
                try wish.requireRoom(obstacles)
            }
            let packages = routing.current.table.services.mapValues(\.deployment.digest)
            let gate = try await DeployGate(
                stores: stores, replayer: replayer, inForce: packages, sample: wish.sample
            ).examine(
                module, review.schema, former: deployments.map(\.servedSchema))
            if wish.isDryRun { return (review, pool, obstacles, gate, nil) }
            try wish.requirePermission(gate)
            do {
                let receipt = try await stores.registry.deploy(
                    NewDeployment(
                        digest: review.package.digest, wasm: wish.wasm, schemaText: review.package.schemaText,
                        schema: review.schema, pool: pool, actor: wish.actor, reviewedAgainst: inForce))
                // So that whoever deploys can call at once; other routers follow within a second.
                try? await registry.refresh()
                return (review, pool, obstacles, gate, receipt)
            } catch {
                guard DeployWish.wasOvertaken(error) else { throw error }
            }
        }
        throw MeshError(
            .conflict, "other deploys came between this one's review and its transaction each time; try again",
            retryable: true)
    }
}

/// What whoever deploys asks for.
private struct DeployWish: Sendable {
    /// How often a review is done again because of other deploys.
    static let attempts = 5

    /// True where something else is in force by now than the review saw.
    static func wasOvertaken(_ error: StoreError) -> Bool {
        if case .transient(_, sqlstate: "40001") = error { true } else { false }
    }

    var wasm: [UInt8]
    /// Nil: where the services run already.
    var pool: String?
    var actor: String
    /// How much of what is there the gate tries the package on; nil for all.
    var sample: Int?
    var isDryRun: Bool
    var isForced: Bool
    var allowsBreaking: Bool
    /// True where the package was deployed before.
    var isRollback: Bool

    func requirePermission(_ review: DeploymentReview) throws(MeshError) {
        try review.requirePermission(allowsBreaking: allowsBreaking, isRollback: isRollback)
    }

    func requirePermission(_ gate: GateReport) throws(MeshError) { try gate.requirePermission(isForced: isForced) }

    /// Throws where something stands in the place of the package's views; no option lets that pass.
    func requireRoom(_ obstacles: [String]) throws(MeshError) {
        guard let first = obstacles.first else { return }
        throw MeshError(
            .failedPrecondition,
            first + (obstacles.count == 1 ? "" : " (and \(obstacles.count - 1) more like it)"),
            details: JSONWriter.object { $0.member("obstacles", obstacles) })
    }

    /// Why the same wish would be refused if it were no dry run; nil where it wouldn't.
    func refusal(_ review: DeploymentReview, _ obstacles: [String], _ gate: GateReport) -> MeshError? {
        do throws(MeshError) {
            try requirePermission(review)
            try requireRoom(obstacles)
            try requirePermission(gate)
            return nil
        } catch {
            return error
        }
    }
}
