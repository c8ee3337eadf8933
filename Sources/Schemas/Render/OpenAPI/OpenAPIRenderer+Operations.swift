extension OpenAPIRenderer {
    /// A call of a method.
    func operation(_ method: MethodSchema, of service: ServiceSchema) -> JSONTree {
        var members: JSONTree.Members = [
            ("operationId", .string("\(service.name).\(method.name)")), ("tags", .list([.string(service.name)])),
        ]
        if let summary = method.documentation?.split(whereSeparator: \.isNewline).first {
            members.append(("summary", .string(String(summary))))
        }
        members += JSONSchemaShapes.notes(description(of: method), method.deprecation)
        // Without `@auth` a token only says who calls.
        members.append(("security", method.auth == nil ? [[:], ["caller": []]] : [["caller": []]]))
        members.append(("parameters", .list(parameters(of: method))))
        members.append(
            ("requestBody", ["required": true, "content": json(OpenAPIRenderer.arguments(of: method, in: service))]))
        members.append(("responses", .object(responses(of: method, in: service))))
        return .object(members)
    }

    private func json(_ component: String) -> JSONTree {
        ["application/json": ["schema": shapes.reference(component)]]
    }

    private func description(of method: MethodSchema) -> String? {
        OpenAPIRenderer.paragraphs(
            method.documentation, OpenAPIRenderer.note(method),
            method.isIdempotent ? "Repeating it does no harm." : nil,
            method.keyPath.map { "The call's key is `\($0.joined(separator: "."))`." },
            method.auth.map { policy in
                "Wants a token with one of the roles \(policy.roles.map { "`\($0)`" }.joined(separator: ", "))."
            }, method.deprecation.map { "Deprecated: \($0.sentence)" })
    }

    private static func note(_ method: MethodSchema) -> String? {
        switch method.role {
        case .handler: nil
        case .workflow:
            "Starts the workflow whose id is the call's key, and is answered when that ends. The same call again joins it; with other arguments it is a `CONFLICT`. At the deadline the answer is `DEADLINE_EXCEEDED`, and the workflow goes on."
        case .signal where method.isAnsweredSignal:
            "Hands its arguments to the workflow whose id is the call's key, and is answered by that. At the deadline the answer is `DEADLINE_EXCEEDED`, and the workflow has it all the same."
        case .signal: "Hands its arguments to the workflow whose id is the call's key; answered when they are stored."
        case .query: "Reads the state of its key, and changes nothing."
        }
    }

    private func parameters(of method: MethodSchema) -> [JSONTree] {
        var names = ["IdempotencyKey", "ConnectTimeout", "Prefer", "MeshDelay", "MeshDue", "Traceparent"]
        if !method.alwaysHasKey(in: schema) {
            names.append(method.needsGivenKey ? "WorkflowKey" : "MeshKey")
        }
        return names.map { ["$ref": "#/components/parameters/\($0)"] }
    }

    private func responses(of method: MethodSchema, in service: ServiceSchema) -> JSONTree.Members {
        var headers: JSONTree.Members = [
            ("Mesh-Call-Id", ["description": "The call's id.", "schema": ["type": "string"]])
        ]
        if method.role == .workflow {
            headers.append(
                (
                    "Mesh-Workflow-Id",
                    ["description": "The workflow's id, percent-encoded.", "schema": ["type": "string"]]
                ))
        }
        var responses: JSONTree.Members = [
            (
                "200",
                [
                    "description": .string(OpenAPIRenderer.answered(method)), "headers": .object(headers),
                    "content": json(OpenAPIRenderer.answer(of: method, in: service)),
                ]
            ), ("202", ["$ref": "#/components/responses/Accepted"]),
        ]
        var errors = [("400", "InvalidRequest")]
        if method.auth != nil { errors += [("401", "Unauthenticated"), ("403", "PermissionDenied")] }
        if method.role != .handler { errors.append(("404", "NotFound")) }
        errors += [
            ("409", "Conflict"), ("429", "ResourceExhausted"), ("500", "InternalError"), ("503", "Unavailable"),
            ("504", "DeadlineExceeded"), ("default", "Failure"),
        ]
        responses += errors.map { ($0, ["$ref": "#/components/responses/\($1)"]) }
        return responses
    }

    private static func answered(_ method: MethodSchema) -> String {
        switch (method.role, method.answerForm) {
        case (.signal, .empty): "It is in the workflow's journal."
        case (_, .empty): "It is done."
        case (_, .value), (_, .object): "The answer."
        }
    }

    // MARK: Events

    /// `POST /events`.
    var publishing: JSONTree {
        let envelopes = schema.events.map { shapes.reference(OpenAPIRenderer.cloudEvent($0)) }
        let payloads = unique(schema.events.map(\.payloadType)).map { shapes.reference($0) }
        let one: JSONTree = .object([("oneOf", .list(envelopes))])
        let content: JSONTree = [
            "application/cloudevents+json": ["schema": one],
            "application/cloudevents-batch+json": ["schema": ["type": "array", "maxItems": 1000, "items": one]],
            // Binary mode: the attributes are headers.
            "application/json": ["schema": .object([("anyOf", .list(payloads))])],
        ]
        return [
            "operationId": "publish", "tags": .list(unique(schema.events.compactMap(tag)).map { .string($0) }),
            "summary": "Publishes events, all of the request or none.",
            "description":
                "CloudEvents 1.0: structured, batched, or binary, where the headers `ce-…` have the attributes. `source` and `id` together name an event: one that comes again within a day with the same content is counted as repeated and not published again.",
            "security": [[:]], "parameters": .list(eventHeaders),
            "requestBody": ["required": true, "content": content],
            "responses": [
                "202": [
                    "description": "They are durable.",
                    "content": ["application/json": ["schema": ["$ref": "#/components/schemas/mesh.Published"]]],
                ], "default": ["$ref": "#/components/responses/Error"],
            ],
        ]
    }

    private func tag(_ event: EventDeclaration) -> String? { schema.service(event.service)?.name }

    private func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// The attributes in binary mode; in the others they stand in the body.
    private var eventHeaders: [JSONTree] {
        func header(_ name: String, _ description: String, _ schema: JSONTree) -> JSONTree {
            [
                "name": .string("ce-" + name), "in": "header", "description": .string(description), "schema": schema,
            ]
        }
        return [
            header("specversion", "In binary mode, required.", ["type": "string", "const": "1.0"]),
            header(
                "type", "The event's name; in binary mode, required.",
                ["type": "string", "enum": .list(schema.events.map { .string($0.name) })]),
            header("id", "In binary mode, required.", OpenAPIRenderer.attribute),
            header("source", "Who says it; in binary mode, required.", OpenAPIRenderer.attribute),
            header("time", "When it happened.", ["type": "string", "format": "date-time"]),
            header("subject", "The key, where the event's declaration names no field.", OpenAPIRenderer.attribute),
        ]
    }

    private static let attribute: JSONTree = ["type": "string", "minLength": 1, "maxLength": 512]

    /// An event in structured mode.
    func envelope(of event: EventDeclaration) -> JSONTree {
        let method = schema.service(event.service)?.method(event.method)
        let notes = JSONSchemaShapes.notes(method?.documentation, method?.deprecation)
        return .object(
            notes + [
                ("type", "object"),
                (
                    "properties",
                    [
                        "specversion": ["const": "1.0"], "id": OpenAPIRenderer.attribute,
                        "source": OpenAPIRenderer.attribute, "type": ["const": .string(event.name)],
                        "time": ["type": "string", "format": "date-time"], "subject": OpenAPIRenderer.attribute,
                        "datacontenttype": ["const": "application/json"], "traceparent": ["type": "string"],
                        "data": shapes.reference(event.payloadType),
                    ]
                ), ("required", ["specversion", "id", "source", "type", "data"]),
            ])
    }
}
