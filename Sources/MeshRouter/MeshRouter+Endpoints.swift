import HTTPServer
import MeshCore

extension MeshRouter {
    /// The control plane of this router.
    func controlPlane() -> ControlPlane {
        ControlPlane(
            stores: stores, routing: routing, registry: registry,
            orders: WorkflowOrders(routing: routing, acceptor: acceptor, replies: replies, waiting: waiting),
            configuration: configuration.serviceConfiguration,
            health: { [self] in health })
    }

    /// Whether the body of a request is read: a package's is, of whoever may deploy it.
    func admission(_ control: ControlPlane) -> @Sendable (HTTPRequestHead) -> HTTPServer.Admission? {
        let (small, finish) = (configuration.bodyBytes, finish)
        return { head in
            guard MeshRouter.takesPackages(head.rawPath) else { return nil }
            // Anybody may send as much as a call has.
            let length = head.headers["Content-Length"].flatMap { Int($0) } ?? 0
            guard length > small || head.headers["Transfer-Encoding"] != nil else { return nil }
            let start = ContinuousClock.now
            return {
                await control.refusal(head.headers).map { finish($0, "api", start.duration(to: .now)) }
            }
        }
    }

    /// True for the paths whose bodies are packages.
    static func takesPackages(_ rawPath: String) -> Bool {
        rawPath == "/api/v1/deployments" || rawPath.hasPrefix("/api/v1/workflows/") && rawPath.hasSuffix("/replay")
    }

    /// What routers are called in traces.
    static let spanService = "wasmesh-router"

    /// Everything the router answers.
    func endpoints(_ control: ControlPlane) -> HTTPServer.Handler {
        var router = HTTPRouter()
        let finish = finish
        router.on("GET", "/healthz") { _ in RouterResponse.text("ok\n").http }
        router.on("GET", "/readyz") { [self] _ in
            let report = health
            return RouterResponse.json(report.json + "\n", status: report.isReady ? 200 : 503).http
        }
        router.on("GET", "/metrics") { [self] _ in
            RouterResponse.text(metrics.text(gauges), type: "text/plain; version=0.0.4; charset=utf-8").http
        }
        control.add(to: &router, finish: finish)
        let servesPage = configuration.servesPage
        if servesPage { Page.add(to: &router, finish: finish) }
        let events = EventIngress(
            routing: routing, acceptor: acceptor, bodyBytes: configuration.bodyBytes, tracer: configuration.tracer)
        var limits = configuration.limits
        limits.bodyBytes = configuration.bodyBytes
        let calls = CallIngress(
            routing: routing, acceptor: acceptor, replies: replies, waiting: waiting, store: stores.ingress,
            tokens: StoredTokens(stores.admin), limits: limits, tracer: configuration.tracer)
        let known = routing
        // Whatever isn't anything else is a call: also a GET on a method, which gets its own explanation.
        router.notFound = { request in
            let start = ContinuousClock.now
            if request.rawPath == "/events" {
                return finish(await events.answer(request), "events", start.duration(to: .now))
            }
            if MeshRouter.isControl(request.path) {
                return finish(ControlPlane.nothing(at: request.path), "api", start.duration(to: .now))
            }
            if Page.isPage(request.path) {
                return finish(Page.nothing(at: request.path, isServed: servesPage), "ui", start.duration(to: .now))
            }
            if servesPage, let answer = Page.redirect(request) {
                return finish(answer, "ui", start.duration(to: .now))
            }
            let answer = await calls.answer(request)
            let name = String(request.path.dropFirst())
            let isMethod = known.current.table.methods[name] != nil
            return finish(answer, isMethod ? name : "unknown", start.duration(to: .now))
        }
        router.methodNotAllowed = { request in
            RouterResponse.failure(
                MeshError(.invalidRequest, "\(request.path) doesn't take \(request.method.shortened)"), status: 405
            ).http
        }
        guard let crossOrigin = configuration.crossOrigin else { return { [router] in try await router.handle($0) } }
        return { [router] request in
            if let answer = crossOrigin.preflight(request) { return answer }
            return crossOrigin.opened(try await router.handle(request), for: request)
        }
    }

    /// Counts an answer, and puts it into the server's form.
    private var finish: @Sendable (RouterResponse, String, Duration) -> HTTPResponse {
        { [metrics] response, method, duration in
            metrics.countRequest(method: method, code: response.metricCode, took: duration)
            return response.http
        }
    }

    /// Whether the router can do its work, and what it waits for.
    var health: HealthReport {
        var problems: [(part: String, problem: String)] = []
        if let problem = registry.problem { problems.append(("registry", problem)) }
        if let problem = registry.brokerProblem { problems.append(("kafka", problem)) }
        if let problem = acceptor.problem { problems.append(("acceptor", problem)) }
        if let problem = replies.problem { problems.append(("replies", problem)) }
        for (topic, problem) in routing.current.topicProblems.sorted(by: { $0.key < $1.key }) {
            problems.append(("topic \(topic)", problem))
        }
        return HealthReport(
            problems: problems, waitingCalls: waiting.count, acceptQueue: acceptor.queuedMessages, laneLag: acceptor.lag
        )
    }

    private var gauges: RouterMetrics.Gauges {
        var gauges = RouterMetrics.Gauges()
        gauges.waitingCalls = waiting.count
        gauges.acceptQueue = acceptor.queuedMessages
        gauges.laneLag = acceptor.lag
        gauges.isReady = health.isReady
        return gauges
    }

    /// True for the paths whose errors have the control plane's form. No service is called so: its name has its namespace's dot.
    private static func isControl(_ path: String) -> Bool { path == "/api" || path.hasPrefix("/api/") }

    /// What the server refuses by itself, as the mesh's error; calls have it in Connect's form, as the endpoints do.
    static let refusal: @Sendable (String, Int, String) -> HTTPResponse = { rawPath, status, message in
        let error =
            switch status {
            case 413, 431: MeshError(.resourceExhausted, message)
            case 503: MeshError(.providerUnavailable, message, retryable: true)
            default: MeshError(.invalidRequest, message)
            }
        if isControl(rawPath) || rawPath == "/events" { return RouterResponse.failure(error, status: status).http }
        return RouterResponse.failure(ConnectError(error, status: status)).http
    }

    /// What a handler could not answer for: a bug.
    static let internalError: HTTPServer.ErrorHook = { request, error in
        Log("router").error("\(request.method) \(request.path) failed: \(error)")
        return RouterResponse.failure(
            ConnectError(MeshError(.internalError, "internal error; the router's log has more"))
        ).http
    }
}
