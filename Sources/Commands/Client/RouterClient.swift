import HTTPServer
package import MeshCore

/// The router, as commands talk to it: calls, events, and the control plane.
package struct RouterClient: Sendable {
    let url: String
    /// The URL without a password, for people.
    var shownURL: String { ShownURL.of(url) }
    let token: String?
    let transport: any HTTPTransport

    package init(url: String, token: String?, transport: (any HTTPTransport)? = nil) {
        self.url = url
        self.token = token
        self.transport = transport ?? CurlTransport()
    }

    init(_ invocation: Invocation) throws(CommandFailure) {
        url = try String(invocation.value(Settings.url).reversed().drop { $0 == "/" }.reversed())
        token = invocation.optional(Settings.token) ?? invocation.developmentToken
        transport = CurlTransport()
    }

    /// A request of the control plane, `/api/v1/…`, and its answer as JSON.
    package func control(
        _ method: String, _ path: String, query: [(String, String)] = [], contentType: String = "application/json",
        body: [UInt8] = [], timeout: Duration = .seconds(30)
    ) async throws(CommandFailure) -> JSONNode {
        var headers = ["Accept": "application/json"]
        if !body.isEmpty || method == "POST" { headers["Content-Type"] = contentType }
        return try read(await send(controlRequest(method, path, query, headers, body, timeout)))
    }

    /// What a GET of the control plane answers that isn't JSON.
    func controlText(_ path: String, query: [(String, String)]) async throws(CommandFailure) -> String {
        let response = try await send(controlRequest("GET", path, query, [:], [], .seconds(30)))
        let text = String(decoding: response.body, as: UTF8.self)
        guard (200..<300).contains(response.status) else {
            throw RouterClient.failure(of: response.status, try? JSONReader.read(text), text: text)
        }
        return text
    }

    private func controlRequest(
        _ method: String, _ path: String, _ query: [(String, String)], _ headers: [String: String], _ body: [UInt8],
        _ timeout: Duration
    ) -> ClientRequest {
        var headers = headers
        if let token { headers["Authorization"] = "Bearer \(token)" }
        let suffix =
            query.isEmpty ? "" : "?" + query.map { "\($0.0)=\(RouterClient.escape($0.1))" }.joined(separator: "&")
        return ClientRequest(
            method: method, url: url + "/api/v1/" + path + suffix, headers: headers, body: body, timeout: timeout)
    }

    /// A request outside the control plane; `extra` time is given to the router to say itself that the deadline passed.
    func post(
        _ path: String, headers: [String: String], body: [UInt8], timeout: Duration
    ) async throws(CommandFailure) -> (status: Int, node: JSONNode) {
        var headers = headers
        if let token { headers["Authorization"] = "Bearer \(token)" }
        let escaped = path.split(separator: "/").map { RouterClient.escape(String($0)) }.joined(separator: "/")
        let response = try await send(
            ClientRequest(
                method: "POST", url: url + "/" + escaped, headers: headers, body: body, timeout: timeout + .seconds(5)))
        return (response.status, try read(response))
    }

    /// Refuses values that headers can't have.
    static func check(_ headers: [String: String]) throws(CommandFailure) {
        // A line break would end the header, and what follows it would be one more.
        for (name, value) in headers
        where value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw .usage(
                "the header \(name) can't have a control character such as a line break",
                hint: "look at --key, --id, --idempotency-key and the token")
        }
        // HTTP takes spaces at the ends of a header's value away: it would be another key, or none.
        for name in ["Mesh-Key", "Idempotency-Key"] {
            guard let value = headers[name], value.hasPrefix(" ") || value.hasSuffix(" ") else { continue }
            throw .usage(
                "'\(value)' begins or ends with a space, which the header \(name) can't have",
                hint: "look at --key, --idempotency-key and the workflow's id")
        }
    }

    private func send(_ request: ClientRequest) async throws(CommandFailure) -> ClientResponse {
        try RouterClient.check(request.headers)
        do {
            return try await transport.send(request)
        } catch TransportFailure.timedOut {
            throw CommandFailure(
                .failure, "\(shownURL) did not answer within \(request.timeout)", hint: "give more time with --timeout",
                code: ErrorCode.deadlineExceeded.rawValue)
        } catch TransportFailure.unreachable(let reason) {
            throw CommandFailure(
                .unreachable, reason,
                hint: "start one with `wasmesh dev`, or say where it is with --url or WASMESH_URL")
        } catch TransportFailure.broken(let reason) {
            throw CommandFailure(
                .failure, "no answer from \(shownURL): \(reason)",
                hint: "it may have been done: look before trying again; with --idempotency-key a call takes place once",
                code: ErrorCode.communicationFailure.rawValue)
        } catch {
            throw CommandFailure(.failure, "\(shownURL): \(error)")
        }
    }

    private func read(_ response: ClientResponse) throws(CommandFailure) -> JSONNode {
        let text = String(decoding: response.body, as: UTF8.self)
        let node = text.isEmpty ? JSONNode(value: .null, line: 1, column: 1) : try? JSONReader.read(text)
        guard (200..<300).contains(response.status) else {
            throw RouterClient.failure(of: response.status, node, text: text)
        }
        guard let node else {
            throw CommandFailure(
                .failure,
                "\(shownURL) answered \(response.status) with something that is not JSON: \(text.prefix(120))",
                hint: "is there another program on that port?")
        }
        return node
    }

    /// The mesh's error inside an answer: the member `mesh` of a Connect error, `error`, or the object itself.
    static func failure(of status: Int, _ node: JSONNode?, text: String) -> CommandFailure {
        guard let error = node?["mesh"] ?? node?["error"] ?? node, let code = error["code"]?.text else {
            return CommandFailure(
                .failure, "the router answered \(status): \(text.isEmpty ? "nothing" : String(text.prefix(200)))",
                hint: status == 404 ? "is it a wasmesh router?" : nil)
        }
        let exit: ExitCode =
            switch (ErrorCode(rawValue: code), status) {
            case (.providerUnavailable, _), (.communicationFailure, _): .unreachable
            case (.permissionDenied, _), (.unauthenticated, _), (.conflict, _), (.failedPrecondition, _): .refused
            default: .failure
            }
        let message = error["message"]?.text ?? text
        let hint: String? =
            switch ErrorCode(rawValue: code) {
            case .unauthenticated:
                "give the control plane's token with --token or WASMESH_TOKEN"
            case .notFound where message.hasPrefix("no deployed service is called"):
                "`wasmesh services` lists what is deployed"
            default: nil
            }
        return CommandFailure(
            exit, message, hint: hint, code: code, errorClass: error["class"]?.text,
            details: error["details"].flatMap { $0.value == .null ? nil : $0.rendered() },
            retryable: error["retryable"].map { $0.value == .bool(true) },
            timestamp: error["timestamp"]?.text.flatMap { Timestamp(iso8601: $0) } ?? .now)
    }

    /// `text` for a path segment or a query value (RFC 3986's unreserved characters stay).
    package static func escape(_ text: String) -> String {
        PercentEncoding.encode(text)
    }
}
