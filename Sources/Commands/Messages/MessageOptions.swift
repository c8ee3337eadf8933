import MeshCore

/// The options that `call`, `send` and `emit` share.
enum MessageOptions {
    static let key = Option<String>(
        "key", short: "k", "KEY", "The message's key, where the schema doesn't say which field it is.")
    static let idempotencyKey = Option<String>(
        "idempotency-key", "KEY", "Makes repeating the command harmless: the same key gets the stored answer.")

    /// `namespace.Service/method`, checked for its form.
    static func target(_ text: String) throws(CommandFailure) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, parts[0].contains("."), !parts[0].hasSuffix("."),
            !parts[0].hasPrefix(".")
        else {
            throw .usage(
                "'\(text)' is not a method",
                hint: "write namespace.Service/method, such as shop.Orders/place; `wasmesh services` lists them")
        }
        return text
    }

    /// Makes a call, and returns its answer.
    static func post(
        _ invocation: Invocation, _ target: String, _ data: [UInt8], deadline: Duration?, isAsync: Bool,
        start: (name: String, value: String)? = nil, timeout: Duration
    ) async throws -> JSONNode {
        let client = try RouterClient(invocation)
        var headers = headers(invocation, deadline: deadline, isAsync: isAsync)
        if let start { headers[start.name] = start.value }
        // Before anything is asked.
        try RouterClient.check(headers)
        try await MethodKey.check(invocation.optional(key), of: target, data, client)
        return try await client.post(target, headers: headers, body: data, timeout: timeout).node
    }

    /// The headers of a call; without a deadline it waits for a worker as long as that takes.
    private static func headers(_ invocation: Invocation, deadline: Duration?, isAsync: Bool) -> [String: String] {
        var headers = ["Content-Type": "application/json", "Connect-Protocol-Version": "1"]
        headers["Connect-Timeout-Ms"] = deadline.map { String($0.milliseconds) }
        headers["Mesh-Key"] = invocation.optional(key)
        headers["Idempotency-Key"] = invocation.optional(idempotencyKey)
        if isAsync { headers["Prefer"] = "respond-async" }
        return headers
    }
}
