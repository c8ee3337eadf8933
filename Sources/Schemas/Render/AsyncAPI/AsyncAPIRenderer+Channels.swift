import MeshCore

extension AsyncAPIRenderer {
    /// The topics, each with what may stand in it.
    var channels: JSONTree.Members {
        var topics: [String] = []
        let byTopic = Dictionary(grouping: messages, by: \.topic)
        for message in messages where topics.last != message.topic && !topics.contains(message.topic) {
            topics.append(message.topic)
        }
        return topics.map { topic in
            let messages = (byTopic[topic] ?? []).map { message -> (String, JSONTree) in
                let name = names.messages[message.name] ?? message.name
                return (name, ["$ref": "#/components/messages/\(name)"])
            }
            let service = schema.services.contains { Topics.calls(of: $0.qualifiedName) == topic }
            return (
                names.channels[topic] ?? topic,
                [
                    "address": .string(topic),
                    "description": .string(service ? "Calls of \(topic)." : "The event `\(topic)`."),
                    "messages": .object(messages),
                    "bindings": ["kafka": ["topic": .string(topic), "bindingVersion": "0.5.0"]],
                ]
            )
        }
    }

    /// What the services do.
    var operations: JSONTree.Members {
        schema.services.flatMap { service in
            service.methods.compactMap { method -> (String, JSONTree)? in
                guard let message = AsyncAPIMessage(of: method, in: service, schema) else { return nil }
                let name = names.operations[method.shortName] ?? method.shortName
                return (name, operation(message, method, service))
            }
        }
    }

    private func operation(_ message: AsyncAPIMessage, _ method: MethodSchema, _ service: ServiceSchema) -> JSONTree {
        let channel = "#/channels/\(names.channels[message.topic] ?? message.topic)"
        let text = OpenAPIRenderer.paragraphs(
            method.documentation, method.deprecation.map { "Deprecated: \($0.sentence)" })
        return .object(
            [
                ("action", method.emittedEvent == nil ? "receive" : "send"), ("channel", ["$ref": .string(channel)]),
                ("title", .string(method.qualifiedName)),
            ]
                + JSONSchemaShapes.notes(text, nil) + [
                    ("tags", [["name": .string(service.name)]]),
                    (
                        "messages",
                        [["$ref": .string("\(channel)/messages/\(names.messages[message.name] ?? message.name)")]]
                    ),
                ])
    }

    /// A message: CloudEvents' Kafka binding in binary mode.
    func message(_ message: AsyncAPIMessage) -> JSONTree {
        let payload: JSONTree =
            switch message.payload {
            case .type(let name): shapes.reference(name)
            case .received(let name): received.reference(name)
            case .arguments(let method): shapes.reference(argumentsName(method))
            }
        let key: JSONTree = [
            "type": "string", "minLength": 1, "maxLength": 1024, "description": .string(message.key),
        ]
        return .object(
            [("name", .string(message.type)), ("title", .string(message.type))]
                + JSONSchemaShapes.notes(message.documentation, nil) + [
                    ("contentType", "application/json"), ("headers", AsyncAPIRenderer.headers(of: message.type)),
                    ("payload", payload), ("bindings", ["kafka": ["key": key, "bindingVersion": "0.5.0"]]),
                ])
    }

    private static func headers(of type: String) -> JSONTree {
        func text(_ description: String) -> JSONTree { ["type": "string", "description": .string(description)] }
        let name: JSONTree = ["type": "string", "minLength": 1, "maxLength": 1024]
        let required = [MessageHeader.specificationVersion, MessageHeader.id, MessageHeader.type, MessageHeader.source]
        return [
            "type": "object",
            "description": "The source and the id name a message: readers drop one that came before.",
            "properties": [
                MessageHeader.specificationVersion: ["type": "string", "const": "1.0"], MessageHeader.id: name,
                MessageHeader.type: ["type": "string", "const": .string(type)], MessageHeader.source: name,
                MessageHeader.time: ["type": "string", "format": "date-time"],
                MessageHeader.subject: text("The key, as in the record's."),
                MessageHeader.traceparent: text("W3C trace context, passed on."),
                MessageHeader.lane: text("Where the mesh published it; absent from others."),
                MessageHeader.sequence: text("Its place there."),
            ], "required": .list(required.map(JSONTree.string)),
        ]
    }
}
