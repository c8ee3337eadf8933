import HTTPServer
import MeshCore
import Outbox

/// The endpoints under `/api/v1/`, behind an admin token.
package struct ControlPlane: Sendable {
    let stores: RouterStores
    let routing: RoutingHolder
    let registry: Registry
    let orders: WorkflowOrders
    let compileCheck: CompileCheck
    let replayer: Replayer
    let health: @Sendable () -> HealthReport

    package init(
        stores: RouterStores, routing: RoutingHolder, registry: Registry, orders: WorkflowOrders,
        compileCheck: CompileCheck = CompileCheck(), configuration: [String: [String: String]] = [:],
        health: @escaping @Sendable () -> HealthReport
    ) {
        self.stores = stores
        self.routing = routing
        self.registry = registry
        self.orders = orders
        self.compileCheck = compileCheck
        replayer = Replayer(stores: stores, compiler: compileCheck, configuration: configuration)
        self.health = health
    }

    /// An endpoint: the request and the administrator's name to an answer.
    typealias Endpoint = @Sendable (HTTPRequest, String) async throws -> RouterResponse

    /// Adds the endpoints to a router; `finish` sees each answer, for metrics.
    func add(
        to router: inout HTTPRouter, finish: @escaping @Sendable (RouterResponse, String, Duration) -> HTTPResponse
    ) {
        func on(
            _ method: String, _ pattern: String, _ query: [String] = [], isOpen: Bool = false,
            _ endpoint: @escaping Endpoint
        ) {
            router.on(method, "/api/v1/" + pattern) { request in
                let start = ContinuousClock.now
                let answer = await answer(request, query, isOpen: isOpen, endpoint)
                return finish(answer, "api", start.duration(to: .now))
            }
        }
        on("GET", "openapi.json", isOpen: true) { _, _ in .json(OpenAPI.document) }
        // A call's id is known to its caller alone, so it is its own permission.
        on("GET", "calls/{id}", isOpen: true) { request, _ in try await call(request) }
        on("GET", "routes") { _, _ in
            .json(routing.current.table.json(calls: try await stores.view.observedCalls()) + "\n")
        }
        on("GET", "services") { _, _ in .json(routing.current.table.servicesJSON + "\n") }
        on("DELETE", "services/{service}", ["dry-run", "force", "reason"]) { request, actor in
            try await undeploy(request, actor)
        }
        on("GET", "services/{service}/schema", ["form"]) { request, _ in try schema(request) }
        on("GET", "health") { _, _ in .json(health().json + "\n") }
        on("GET", "workers") { _, _ in .json(ProcessList.marked(try await stores.view.workers()) + "\n") }
        on("GET", "backlog") { _, _ in .json(try await stores.view.backlog() + "\n") }
        on("GET", "deployments", ["limit"]) { request, _ in try await deployments(request) }
        let deploying = ["allow-breaking", "dry-run", "force", "pool", "sample"]
        on("POST", "deployments", deploying) { request, actor in try await deploy(request, actor) }
        on("POST", "deployments/{digest}", deploying) { request, actor in try await rollBack(request, actor) }
        on("GET", "state/{service}/{key}") { request, _ in try await state(request) }
        on("PUT", "state/{service}/{key}") { request, actor in try await setState(request, actor) }
        on("DELETE", "state/{service}/{key}") { request, actor in try await deleteState(request, actor) }
        on("GET", "dead-letters", ["before", "code", "key", "limit", "method", "service", "status"]) { request, _ in
            try await deadLetters(request)
        }
        on("GET", "dead-letters/{id}") { request, _ in try await deadLetter(request) }
        on("POST", "dead-letters/{id}/redrive") { request, actor in try await redrive(request, actor) }
        on("POST", "dead-letters/{id}/discard", ["reason"]) { request, actor in try await discard(request, actor) }
        addWorkflows { on($0, $1, $2, $3) }
        on("GET", "grants", ["service"]) { request, _ in try await grants(request) }
        on("POST", "grants", ["capability", "service"]) { request, actor in try await addGrant(request, actor) }
        on("DELETE", "grants", ["capability", "service"]) { request, actor in try await revokeGrant(request, actor) }
        on("GET", "limits") { request, _ in try await limits(request) }
        on("PUT", "limits", ["concurrency", "origin", "rate"]) { request, actor in try await setLimit(request, actor) }
        on("DELETE", "limits", ["origin"]) { request, actor in try await removeLimit(request, actor) }
        on("GET", "delayed-sends", ["key", "limit", "method", "service"]) { request, _ in
            try await delayedSends(request)
        }
        on("DELETE", "delayed-sends/{id}") { request, actor in try await cancelDelayedSend(request, actor) }
        on("GET", "tokens", ["before", "limit"]) { request, _ in try await tokens(request) }
        on("POST", "tokens") { request, actor in try await createToken(request, actor) }
        on("DELETE", "tokens/{id}") { request, actor in try await revokeToken(request, actor) }
    }

    /// The answer to a path under `/api` that isn't one of its endpoints.
    static func nothing(at path: String) -> RouterResponse {
        .failure(
            MeshError(
                .notFound,
                "nothing is at '\(path.shortened)'; the control plane is under /api/v1/, GET /api/v1/openapi.json describes it"
            ))
    }

    /// `query` names the parameters that the endpoint knows; `isOpen`: anybody may ask.
    private func answer(_ request: HTTPRequest, _ query: [String], isOpen: Bool, _ endpoint: Endpoint) async
        -> RouterResponse
    {
        do {
            let actor = isOpen ? "" : try await administrator(request.headers)
            try ControlPlane.check(request.query, query)
            return try await endpoint(request, actor)
        } catch {
            return ControlPlane.failure(error)
        }
    }

    /// One that isn't known is refused: a filter would show all, and `dryrun=true` would deploy.
    private static func check(_ query: [HTTPRequest.QueryItem], _ known: [String]) throws(MeshError) {
        for item in query where !known.contains(item.name) {
            let there = known.isEmpty ? "there is none" : "there is \(known.joined(separator: ", "))"
            throw MeshError(.invalidRequest, "the parameter '\(item.name.shortened)' isn't known here; \(there)")
        }
        for name in known {
            let count = query.count { $0.name == name }
            if count > 1 { throw MeshError(.invalidRequest, "the parameter \(name) is given \(count) times") }
        }
    }

    /// Why a request isn't an administrator's, nil where it is: asked before a package is read.
    func refusal(_ headers: HTTPHeaders) async -> RouterResponse? {
        do {
            _ = try await administrator(headers)
            return nil
        } catch {
            return ControlPlane.failure(error)
        }
    }

    private static func failure(_ error: any Error) -> RouterResponse {
        switch error {
        case let error as MeshError: .failure(error)
        case let error as StoreError: .failure(error.meshError)
        default: .failure(MeshError(.internalError, "\(error)"))
        }
    }

    private func administrator(_ headers: HTTPHeaders) async throws -> String {
        let given = headers.all("Authorization")
        guard given.count < 2 else {
            throw MeshError(.invalidRequest, "the header Authorization is given \(given.count) times")
        }
        guard let token = given.first.flatMap(CallOptions.bearerToken) else {
            throw MeshError(
                .unauthenticated,
                "the control plane wants Authorization: Bearer <token>, the one that routers are given as WASMESH_TOKEN"
            )
        }
        if let name = try await stores.admin.check(token: token) { return name }
        guard try await stores.admin.bearer(of: token) == nil else {
            throw MeshError(
                .permissionDenied,
                "this token is a caller's, for methods with @auth; the control plane wants an administrator's")
        }
        throw MeshError(.unauthenticated, "the admin token isn't known, or was taken back")
    }

    // MARK: What endpoints share

    func parameter(_ name: String, _ request: HTTPRequest) throws(MeshError) -> String {
        guard let value = request.parameters[name], !value.isEmpty else {
            throw MeshError(.invalidRequest, "the path lacks its \(name)")
        }
        return value
    }

    func limit(of request: HTTPRequest, standard: Int = 50) throws(MeshError) -> Int {
        guard let text = request.query("limit") else { return standard }
        guard let limit = Int(text), (1...1000).contains(limit) else {
            throw MeshError(.invalidRequest, "limit is '\(text.shortened)': it is a number from 1 to 1000")
        }
        return limit
    }

    /// The id that a page goes on below.
    func before(of request: HTTPRequest) throws(MeshError) -> Int64? {
        guard let text = request.query("before") else { return nil }
        guard let id = Int64(text) else {
            throw MeshError(.invalidRequest, "before is '\(text.shortened)': it is the id of the last one of a page")
        }
        return id
    }

    func flag(_ name: String, _ request: HTTPRequest) throws(MeshError) -> Bool {
        switch request.query(name) {
        case nil, "false": return false
        case "", "true": return true
        case let text?: throw MeshError(.invalidRequest, "\(name) is '\(text.shortened)': it is true or false")
        }
    }

    /// A number in the path, such as a dead letter's id.
    func number(_ name: String, _ request: HTTPRequest) throws(MeshError) -> Int64 {
        let text = try parameter(name, request)
        guard let number = Int64(text), number > 0 else {
            throw MeshError(.invalidRequest, "\(name) is '\(text.shortened)': it is a number")
        }
        return number
    }
}
