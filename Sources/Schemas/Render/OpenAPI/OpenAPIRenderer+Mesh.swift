import MeshCore

// What each document has, whatever the schema.
extension OpenAPIRenderer {
    /// `GET /api/v1/calls/{id}`.
    static let polling: JSONTree = [
        "operationId": "callResult",
        "summary": "What became of a call whose answer is kept (Prefer: respond-async, or Idempotency-Key).",
        "description": "Wants no token: the id is known to the caller alone. Answers are kept for a day.",
        "security": [[:]],
        "parameters": [
            [
                "name": "id", "in": "path", "required": true, "description": "The call's id.",
                "schema": ["type": "string"],
            ]
        ],
        "responses": [
            "200": [
                "description": "Pending, done with its answer, or failed with its error.",
                "content": ["application/json": ["schema": ["$ref": "#/components/schemas/mesh.CallResult"]]],
            ], "default": ["$ref": "#/components/responses/Error"],
        ],
    ]

    static let parameters: JSONTree = [
        "IdempotencyKey": header(
            "Idempotency-Key",
            "Makes repeating harmless for a day: the same key and body get the first call's answer; another body is a `CONFLICT`.",
            ["type": "string", "minLength": 1, "maxLength": 256]),
        "ConnectTimeout": header(
            "Connect-Timeout-Ms", "How long the caller waits: 30,000 without it, at most 600,000.",
            ["type": "integer", "minimum": 0, "maximum": 9_999_999_999]),
        "Prefer": header(
            "Prefer", "`respond-async`: 202 and the call's id at once.", ["type": "string", "enum": ["respond-async"]]),
        "MeshDelay": header(
            "Mesh-Delay-Ms",
            "Sends the call so many milliseconds later, at most 100 years; with `Prefer: respond-async`, and without `Mesh-Due`.",
            ["type": "integer", "minimum": 0, "maximum": 3_155_760_000_000]),
        "MeshDue": header(
            "Mesh-Due",
            "Sends the call then, at most 100 years from now, and at once where that has passed; with `Prefer: respond-async`, and without `Mesh-Delay-Ms`.",
            ["type": "string", "format": "date-time"]),
        "Traceparent": header("traceparent", "W3C trace context, passed on.", ["type": "string"]),
        "MeshKey": header(
            "Mesh-Key", "The call's key, where the arguments have none; without either it is the call's id.", key),
        "WorkflowKey": header("Mesh-Key", "The workflow's id.", key, isRequired: true),
    ]

    private static let key: JSONTree = ["type": "string", "minLength": 1, "maxLength": 1024]

    private static func header(
        _ name: String, _ description: String, _ schema: JSONTree, isRequired: Bool = false
    ) -> JSONTree {
        .object(
            [("name", .string(name)), ("in", "header")] + (isRequired ? [("required", true)] : [])
                + [("description", .string(description)), ("schema", schema)])
    }

    static let responses: JSONTree = .object(
        [
            (
                "Accepted",
                [
                    "description": "Accepted, to be polled (Prefer: respond-async).",
                    "headers": [
                        "Location": ["description": "`/api/v1/calls/{id}`", "schema": ["type": "string"]],
                        "Mesh-Call-Id": ["description": "The call's id.", "schema": ["type": "string"]],
                    ],
                    "content": ["application/json": ["schema": ["$ref": "#/components/schemas/mesh.Accepted"]]],
                    "links": ["result": ["operationId": "callResult", "parameters": ["id": "$response.body#/id"]]],
                ]
            )
        ]
            + failures.map { name, description in
                (
                    name,
                    [
                        "description": .string(description),
                        "content": [
                            "application/json": ["schema": ["$ref": "#/components/schemas/mesh.ConnectError"]]
                        ],
                    ]
                )
            } + [
                (
                    "Error",
                    [
                        "description": "An error.",
                        "content": ["application/json": ["schema": ["$ref": "#/components/schemas/mesh.Error"]]],
                    ]
                )
            ])

    private static let failures = [
        (
            "InvalidRequest",
            "`INVALID_REQUEST`: the arguments or a header are wrong. `FAILED_PRECONDITION`, also the class of a handler's own error that names no other."
        ), ("Unauthenticated", "`UNAUTHENTICATED`: the token is missing, unknown or taken back."),
        ("PermissionDenied", "`PERMISSION_DENIED`: the token has none of the roles."),
        ("NotFound", "`INSTANCE_NOT_FOUND`: there is no such workflow, or no state for the key."),
        ("Conflict", "`CONFLICT`: the Idempotency-Key or the workflow's id came before with other content."),
        ("ResourceExhausted", "`RESOURCE_EXHAUSTED`: a limit is reached."),
        ("InternalError", "`INTERNAL_ERROR`: the handler crashed or did what it may not."),
        ("Unavailable", "`PROVIDER_UNAVAILABLE`: Postgres or Kafka is away, or the router stops."),
        ("DeadlineExceeded", "`DEADLINE_EXCEEDED`: no answer in time."),
        ("Failure", "An error; one of a handler's own may have any of these statuses."),
    ]

    static let meshSchemas: JSONTree.Members = [
        (
            "mesh.Error",
            [
                "type": "object",
                "properties": [
                    "code": ["type": "string", "description": "One of the mesh's codes, or a handler's own."],
                    "class": [
                        "description": "Of a handler's own code: the one of the mesh's that it stands for.",
                        "enum": .list(ErrorCode.allCases.map { .string($0.rawValue) }),
                    ], "message": ["type": "string"],
                    "details": ["description": "Any JSON; null where there is nothing to add."],
                    "retryable": ["type": "boolean", "description": "The same request may succeed later."],
                    "timestamp": ["type": "string", "format": "date-time"],
                ], "required": ["code", "message", "details", "retryable", "timestamp"],
            ]
        ),
        (
            "mesh.ConnectError",
            [
                "type": "object", "description": "An error as the Connect protocol has it, with the mesh's own.",
                "properties": [
                    "code": ["type": "string", "description": "The Connect protocol's code."],
                    "message": ["type": "string"],
                    "details": [
                        "type": "array",
                        "items": [
                            "type": "object",
                            "properties": [
                                "type": ["const": "google.rpc.ErrorInfo"],
                                "value": ["type": "string", "description": "Protobuf, base64 without padding."],
                                "debug": ["type": "object"],
                            ], "required": ["type", "value"],
                        ],
                    ], "mesh": ["$ref": "#/components/schemas/mesh.Error"],
                ], "required": ["code", "message", "mesh"],
            ]
        ),
        (
            "mesh.Accepted",
            [
                "type": "object",
                "properties": [
                    "id": ["type": "string", "description": "The call's id."],
                    "workflow": ["type": "string", "description": "The id of the workflow that it starts."],
                ], "required": ["id"],
            ]
        ),
        (
            "mesh.CallResult",
            [
                "type": "object",
                "properties": [
                    "id": ["type": "string"], "state": ["type": "string", "enum": ["pending", "done", "failed"]],
                    "since": ["type": "string", "format": "date-time"],
                    "at": ["type": "string", "format": "date-time"],
                    "answer": ["type": "object", "description": "What the call would have been answered."],
                    "error": ["$ref": "#/components/schemas/mesh.Error"],
                ], "required": ["id", "state"],
            ]
        ),
        (
            "mesh.Published",
            [
                "type": "object",
                "properties": ["accepted": ["type": "integer"], "repeated": ["type": "integer"]],
                "required": ["accepted", "repeated"],
            ]
        ),
    ]
}
