@testable internal import HTTPServer
internal import MeshCore
@testable internal import MeshRouter
internal import Outbox
internal import Schemas

extension FuzzTarget {
    /// A request as it comes from the socket's library: method, target, fields and body, up to what would be accepted.
    static let http = FuzzTarget(
        "http", "HTTP requests: paths, queries, fields, bodies, Connect calls, orders",
        seeds: [
            "POST\n/shop.Orders/place\nContent-Type: application/json\nMesh-Key: k\n\n{\"id\":\"a\"}",
            "POST\n/shop.Orders/place\nContent-Type: application/json; charset=utf-8\nConnect-Timeout-Ms: 1000\nIdempotency-Key: \"x\"\nPrefer: respond-async, wait=1\nAuthorization: Bearer mesh_1\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n\n{\"id\":\"\\u0000\"}",
            "GET\n/a%2Fb/%C3%A9//?x=%\n\n", "POST\n/api/v1/x\n\n{\"reason\":\"r\",\"to\":12}",
            "POST\n/shop.Orders/poke\nContent-Type: application/json\nMesh-Key: other\nContent-Encoding: identity\n\n{\"id\":\"a\"}",
        ]
    ) { input in
        var reader = Reader(input)
        let (method, target) = (reader.text(), reader.text())
        let headers = fields(&reader)
        let body = reader.remainder()
        _ = PercentEncoding.decode(target[...])
        guard let request = try? HTTPRequest(method: method, path: target, headers: headers, body: body) else { return }
        for segment in request.segments {
            try require(
                PercentEncoding.decode(PercentEncoding.encode(segment)[...]) == segment,
                "a segment isn't what it was: \(segment)")
        }
        _ = try? OrderBody(body, allowed: ["reason", "to", "digest", "from", "input"])
        _ = WorkflowPlace(text: target)
        guard let options = try? CallOptions.read(httpMethod: method, header: { request.headers[$0] }),
            let plain = try? RequestBody.decoded(body, request.headers["Content-Encoding"], limit: 1 << 16),
            let route = try? table.exposedMethod(path: request.path)
        else { return }
        try require(plain.count <= 1 << 16, "a body over its limit")
        if let trace = options.traceparent {
            try require(TraceParent(trace) != nil, "a trace that isn't one: \(trace)")
        }
        guard (try? route.check(arguments: plain)) != nil,
            let key = try? route.key(ofArguments: plain, given: options.key)
        else { return }
        try require(!key.utf8.contains(0) && (1...1024).contains(key.utf8.count), "a key that Postgres refuses")
    }

    /// The CloudEvents HTTP binding in its three modes.
    static let events = FuzzTarget(
        "events", "CloudEvents over HTTP: binary, structured, batch",
        seeds: [
            "Content-Type: application/cloudevents+json\n\n{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"/s\",\"type\":\"order.placed\",\"data\":{\"id\":\"x\"}}",
            "Content-Type: application/cloudevents-batch+json\n\n[{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"/s\",\"type\":\"order.placed\",\"data_base64\":\"eyJpZCI6IngifQ==\",\"time\":\"2026-11-21T13:05:00Z\",\"n\":1}]",
            "Content-Type: application/json\nce-specversion: 1.0\nce-id: %C3%A9\nce-source: /s\nce-type: order.placed\nce-subject: k\n\n{\"id\":\"x\"}",
        ]
    ) { input in
        var reader = Reader(input)
        let headers = fields(&reader)
        let body = reader.remainder()
        guard
            let events = try? CloudEventReader.read(
                body: body, now: Timestamp(microseconds: 0), header: { headers[$0] })
        else { return }
        try require(events.count <= CloudEventReader.maximumBatch, "\(events.count) events")
        for event in events {
            for text in [event.id, event.source, event.type, event.subject ?? "x"] {
                try require(
                    !text.utf8.contains(0) && (1...512).contains(text.utf8.count), "an attribute that Postgres refuses")
            }
            guard let declaration = table.events[event.type]?.declarations.first,
                (try? declaration.check(payload: event.data)) != nil,
                let key = try? declaration.key(ofPayload: event.data)
            else { continue }
            try require(!key.utf8.contains(0), "a key that Postgres refuses")
        }
    }

    /// Compressed bodies: never more comes out than is allowed.
    static let gzip = FuzzTarget(
        "gzip", "gzip bodies",
        bytes: [
            [
                0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0x56, 0xca, 0x4c, 0x51, 0xb2, 0x52, 0x4a, 0x54, 0xaa, 5, 0,
                0x0d, 0xf4, 0x27, 0x6f, 10, 0, 0, 0,
            ],
            [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            [0x1f, 0x8b, 8, 0x18, 0, 0, 0, 0, 0, 3, 97, 0, 98, 0, 1, 1, 0, 0xfe, 0xff, 97],
        ]
    ) { input in
        if let output = try? Gzip.decompress(input, limit: 10_000) {
            try require(output.count <= 10_000, "\(output.count) bytes")
        }
    }

    /// `Name: value` lines up to an empty one.
    private static func fields(_ reader: inout Reader) -> HTTPHeaders {
        var headers = HTTPHeaders()
        while !reader.isAtEnd {
            let line = reader.text()
            if line.isEmpty { break }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            headers.add(String(parts[0]), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        return headers
    }

    private static let table: RouteTable = {
        let text = """
            @mesh(namespace: "shop", version: "1.0.0")
            type Order @key(field: "id") { id: ID! }
            service Orders @state(type: "Order") {
              @emits(event: "order.placed", key: "id") placed(event: Order!): Void
              place(id: ID): Order
              free(note: String): Void
              @workflow fulfil(id: ID): Void
              @signal poke(id: ID): Void
              audit(id: ID!): Void  @auth(roles: ["auditor"])
              nightly: Void @scheduleOnly
            }
            """
        guard let schema = SchemaCompiler.compile([SchemaSource(path: "f", text: text)]).schema else {
            // A constant of the tests, which no input reaches: where it doesn't compile there is nothing to fuzz.
            fatalError(
                "the fuzzer's own schema doesn't compile: \(SchemaCompiler.compile([SchemaSource(path: "f", text: text)]).diagnostics)"
            )
        }
        return RouteTable([ActiveDeployment(digest: "f", schema: schema)])
    }()
}
