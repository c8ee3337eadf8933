package import HTTPServer
package import MeshCore
package import Outbox
import Schemas

/// The endpoint of calls: `POST /<namespace>.<Service>/<method>`, Connect unary JSON.
package struct CallIngress: Sendable {
    package struct Limits: Sendable, Equatable {
        /// How long a call without `Connect-Timeout-Ms` waits for its answer.
        package var defaultTimeout: Duration = .seconds(30)
        /// The longest that any call waits; a larger `Connect-Timeout-Ms` is cut down to it.
        package var maximumTimeout: Duration = .seconds(600)
        /// The largest body, also after it was decompressed.
        package var bodyBytes = 1 << 20

        package init() {}
    }

    let routing: RoutingHolder
    let acceptor: Acceptor
    let replies: ReplyListener
    let waiting: WaitingCalls
    let store: any IngressStore
    let tokens: any CallerTokens
    let limits: Limits
    /// Nil where no traces are kept.
    let tracer: Tracer?

    package init(
        routing: RoutingHolder, acceptor: Acceptor, replies: ReplyListener, waiting: WaitingCalls,
        store: any IngressStore, tokens: any CallerTokens, limits: Limits = Limits(), tracer: Tracer? = nil
    ) {
        self.routing = routing
        self.acceptor = acceptor
        self.replies = replies
        self.waiting = waiting
        self.store = store
        self.tokens = tokens
        self.limits = limits
        self.tracer = tracer
    }

    /// Answers a call; never throws, since every error has its form on the wire.
    package func answer(_ request: HTTPRequest) async -> RouterResponse {
        let began = Timestamp.now
        do {
            var call = try await prepare(request)
            let response: RouterResponse
            do {
                response = call.options.respondsAsync ? try await acceptOnly(call) : try await acceptAndWait(&call)
            } catch {
                response = CallIngress.failure(error)
            }
            call.end(began: began, response)
            return response
        } catch {
            return CallIngress.failure(error)
        }
    }

    private static func failure(_ error: any Error) -> RouterResponse {
        switch error {
        case let failure as ConnectError: .failure(failure)
        case let error as MeshError: .failure(ConnectError(error))
        case let error as StoreError: .failure(ConnectError(error.meshError))
        default: .failure(ConnectError(MeshError(.internalError, "\(error)")))
        }
    }

    /// Checks everything that can be checked before the call is accepted.
    private func prepare(_ request: HTTPRequest) async throws -> PreparedCall {
        let routing = try routing.loaded()
        // Whoever guards paths in front of the router must not read another one than it does. Names are ASCII, and Swift takes other texts for equal to some.
        guard request.rawPath == request.path, request.path.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw ConnectError.notFound(
                "nothing is at '\(request.rawPath.shortened)': a method's path is written as it is, without escapes")
        }
        let method = try routing.table.exposedMethod(path: request.path)
        let options = try CallOptions.read(httpMethod: request.method, headers: request.headers)
        try checkRole(request.headers["Mesh-Method-Role"], of: method)
        let bearer = try await authorize(method, options)
        let body = try RequestBody.decoded(request.body, request.headers["Content-Encoding"], limit: limits.bodyBytes)
        try method.check(arguments: body)
        let now = Timestamp.now
        let id = MessageID.make(at: now)
        let key = try method.key(ofArguments: body, given: options.key) ?? id
        let due = options.start?.due(from: now)
        let deadline = (due ?? now).advanced(by: min(options.timeout ?? limits.defaultTimeout, limits.maximumTimeout))
        var message = Message(
            id: id, type: method.name, source: "/http", time: now, key: key, data: body,
            extensions: try extensions(options, deadline))
        message.extensions.due = due
        message.extensions.principal = try bearer.map(principal)
        let span = tracer?.begin(
            method.name, .server, service: MeshRouter.spanService,
            parent: options.traceparent.flatMap { TraceParent($0) })
        message.extensions.traceparent = span?.traceparent ?? TraceParent.continued(options.traceparent)
        return PreparedCall(
            role: method.schema.role,
            message: IngressMessage(
                topic: method.topic, partition: try routing.partition(of: key, topic: method.topic), message: message,
                idempotency: try idempotency(method, options, bearer, body, key: key)), deadline: deadline,
            options: options, span: span)
    }

    /// What makes the call another one under the same `Idempotency-Key`: its body, a key that doesn't follow from that, and a later time.
    private func idempotency(
        _ method: MethodRoute, _ options: CallOptions, _ bearer: TokenBearer?, _ body: [UInt8], key: String
    ) throws(MeshError) -> Idempotency? {
        guard let name = options.idempotencyKey else { return nil }
        var content = SHA256.digest(body)
        if options.key != nil, try method.key(ofArguments: body) == nil {
            content = SHA256.digest(content + Array(key.utf8))
        }
        // As it was given, so that a repetition is one whenever it comes. No key has a zero byte.
        if let start = options.start { content = SHA256.digest(content + [0] + Array(start.text.utf8)) }
        // Keys of different methods don't meet; nor do those of callers who are known, as each may be answered otherwise.
        var scope = method.name
        if bearer != nil, let token = options.bearerToken { scope += " " + SHA256.hex(Array(token.utf8)).prefix(16) }
        return Idempotency(scope: scope, key: name, bodyHash: content)
    }

    /// Who means to ask a query mustn't by mistake run a handler.
    private func checkRole(_ wanted: String?, of method: MethodRoute) throws(MeshError) {
        let role = method.schema.role
        guard let wanted, wanted != role.rawValue else { return }
        guard let other = MethodRole(rawValue: wanted) else {
            throw MeshError(
                .invalidRequest,
                "Mesh-Method-Role is '\(wanted.shortened)': it is handler, workflow, signal or query; nothing was called"
            )
        }
        func named(_ role: MethodRole) -> String {
            role == .handler ? "an ordinary handler" : "a @\(role.rawValue)"
        }
        throw MeshError(
            .failedPrecondition,
            "\(method.name) is \(named(role)), and \(named(other)) is wanted here; nothing was called"
        )
    }

    private func extensions(_ options: CallOptions, _ deadline: Timestamp) throws(MeshError) -> MessageExtensions {
        var extensions = MessageExtensions()
        extensions.keepsResult = options.respondsAsync || options.idempotencyKey != nil
        if options.respondsAsync {
            // Whoever polls has a deadline only by asking for one.
            if options.timeout != nil { extensions.deadline = deadline }
            return extensions
        }
        guard let replyTo = replies.partition else {
            throw MeshError(
                .providerUnavailable,
                "answers can't be received at the moment: \(replies.problem ?? "no partition"); try again, or send Prefer: respond-async",
                retryable: true)
        }
        extensions.replyTo = replyTo
        extensions.deadline = deadline
        return extensions
    }

    /// Who calls, where a token that is good says so; throws where the method wants another one.
    private func authorize(_ method: MethodRoute, _ options: CallOptions) async throws -> TokenBearer? {
        // What a method without `@auth` is sent may be a token of somebody else's, of a gateway's in front, say: it is none of the mesh's business.
        guard let policy = method.schema.auth else { return try await bearer(options) }
        let wanted = policy.roles.joined(separator: ", ")
        guard options.bearerToken != nil else {
            throw MeshError(
                .unauthenticated,
                "\(method.name) wants a caller with one of the roles \(wanted): send Authorization: Bearer <token>")
        }
        guard let bearer = try await bearer(options) else {
            throw MeshError(.unauthenticated, "the bearer token isn't known, or was taken back")
        }
        if case .caller(_, let roles) = bearer, !policy.roles.contains(where: roles.contains) {
            throw MeshError(
                .permissionDenied, "\(method.name) wants one of the roles \(wanted); this token has none of them")
        }
        return bearer
    }

    private func bearer(_ options: CallOptions) async throws -> TokenBearer? {
        guard let token = options.bearerToken else { return nil }
        return try await tokens.bearer(of: token)
    }

    /// What its handler is told. A role left out could be the one that it asks for, so that none is.
    private func principal(_ bearer: TokenBearer) throws(MeshError) -> Principal {
        guard let principal = bearer.principal else {
            throw MeshError(
                .failedPrecondition,
                "the token's name and roles take more than \(Principal.maximumBytes) bytes, which don't go with a call; make one with fewer roles"
            )
        }
        return principal
    }

    private func acceptOnly(_ call: PreparedCall) async throws -> RouterResponse {
        switch try await acceptor.accept([call.message]).first {
        case .accepted, .delayed, nil: return .accepted(call.id, workflow: call.workflow)
        case .repeated(let id): return .accepted(id, workflow: call.workflow(ofCall: id))
        case .conflict(let id): throw MeshError.idempotencyConflict(id)
        }
    }

    private func acceptAndWait(_ call: inout PreparedCall) async throws -> RouterResponse {
        let (id, outcome) = try await AwaitedCalls(acceptor: acceptor, waiting: waiting, store: store)
            .perform(&call.message, until: call.deadline)
        return call.response(outcome, id: id)
    }
}
