import MeshCore

/// `wasmesh limits set ORIGIN`
enum LimitsSet: Command {
    private static let rate = Option<String>(
        "rate", "RATE", "Attempts in a second, minute, hour or day, evenly apart: 10/s, 600/m, 1000/h, 5000/d.",
        limit: { text in
            do throws(MeshError) {
                _ = try CallRate(text)
                return nil
            } catch { return error.message }
        })
    private static let concurrency = Option<Int>(
        "concurrency", "N", "Attempts under way at the same time: 1 to 100000.",
        limit: { (1...100_000).contains($0) ? nil : "expected 1 to 100000, found \($0)" })

    static let description = CommandDescription(
        "set", "sets how fast, or how many at once, an origin is called",
        discussion: "Replaces the limit that is there. It holds from the next attempt on; those under way go on.",
        arguments: [LimitsGroup.origin],
        options: [rate.description, concurrency.description] + LimitsGroup.connection)

    static func run(_ invocation: Invocation) async throws {
        let origin = try LimitsGroup.origin(invocation)
        var query = [("origin", origin)]
        if let rate = invocation.optional(rate) { query.append(("rate", rate)) }
        if let concurrency = invocation.optional(concurrency) { query.append(("concurrency", "\(concurrency)")) }
        guard query.count > 1 else {
            throw CommandFailure.usage(
                "a limit has a --rate, a --concurrency, or both", hint: "wasmesh limits remove \(origin) takes one away"
            )
        }
        let answer = try await RouterClient(invocation).control("PUT", "limits", query: query)
        invocation.output.line(
            invocation.output.isJSON ? answer.rendered() : "\(origin) is called at most \(LimitsGroup.text(answer))")
    }
}
