import Schemas

extension RouteTable {
    /// The body of `GET /api/v1/routes`; `calls` is JSON, who was seen to call whom.
    package func json(calls: String) -> String {
        JSONWriter.object { writer in
            writer.member("services") { writer in
                writer.array(services.values.sorted { $0.name < $1.name }) { $1.write(to: &$0) }
            }
            writer.member("events") { writer in
                writer.array(events.values.sorted { $0.name < $1.name }) { $1.write(to: &$0) }
            }
            writer.member("calls", json: calls)
        }
    }

    /// The body of `GET /api/v1/services`.
    package var servicesJSON: String {
        JSONWriter.object { writer in
            writer.member("services") { writer in
                writer.array(services.values.sorted { $0.name < $1.name }) { writer, service in
                    writer.object { writer in
                        service.writeHead(to: &writer)
                        writer.member("methods", service.schema.methods.filter { $0.emittedEvent == nil }.map(\.name))
                    }
                }
            }
        }
    }
}

extension ServiceRoute {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writeHead(to: &writer)
            writer.member("methods") { writer in
                writer.array(schema.methods) { writer, method in write(method, to: &writer) }
            }
        }
    }

    func writeHead(to writer: inout JSONWriter) {
        writer.member("service", name)
        writer.member("namespace", deployment.schema.namespace)
        writer.member("version", deployment.schema.version.description)
        writer.member("digest", deployment.digest)
        writer.member("pool", deployment.pool)
        writer.member("topic", topic)
        writer.member("state", schema.stateType?.name)
        writer.member("documentation", schema.documentation)
    }

    private func write(_ method: MethodSchema, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", method.name)
            writer.member("role", method.role.rawValue)
            writer.member("exposed", method.isExposed)
            writer.member("path", method.isExposed ? "/" + method.qualifiedName : nil)
            switch method.kind {
            case .call: writer.member("key", method.keyPath?.joined(separator: "."))
            case .emits(let event):
                writer.member("emits", event.name)
                writer.member("key", event.keyField)
            case .handles(let handler):
                writer.member("handles", handler.event)
                writer.member("key", handler.stateKeyPath?.joined(separator: "."))
            }
            writer.member("arguments") { writer in
                writer.array(method.arguments) { writer, argument in
                    writer.object { writer in
                        writer.member("name", argument.name)
                        writer.member("type", argument.type.description)
                    }
                }
            }
            writer.member("result", method.result.description)
            writer.member("idempotent", method.isIdempotent)
            writer.member("scheduleOnly", method.isScheduleOnly)
            writer.member("schedule", method.schedule?.cron)
            writer.member("roles", method.auth?.roles ?? [])
            writer.member("deprecated", method.deprecation.map { $0.reason ?? "" })
            writer.member("documentation", method.documentation)
        }
    }
}

extension EventRoute {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", name)
            writer.member("topic", topic)
            writer.member("payload", declarations.first?.event.payloadType)
            writer.member("key", declarations.first?.event.keyField)
            writer.member("emittedBy", declarations.map { $0.event.service }.sorted())
            writer.member("handledBy", handlers.map(\.method).sorted())
        }
    }
}
