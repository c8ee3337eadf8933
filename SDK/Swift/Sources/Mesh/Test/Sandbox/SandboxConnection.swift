#if !arch(wasm32)
    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// Runs a test's messages in the sandbox that `wasmesh test` offers: the built package runs there, and each of its host calls is
    /// answered here, by the same mesh in memory as in the native build (docs/design/test-sandbox.md).
    final class SandboxConnection {
        private let socket: LineSocket
        /// Executions that run, one inside a host call of another.
        private var depth = 0

        private init(_ socket: LineSocket) { self.socket = socket }

        /// The sandbox that the environment names; nil where it names none, or where the package hasn't all of these methods.
        static func fromEnvironment(for methods: [String]) throws(MeshError) -> SandboxConnection? {
            guard let path = getenv("WASMESH_TEST_SANDBOX").map({ String(cString: $0) }), !path.isEmpty else {
                return nil
            }
            guard let socket = LineSocket(path: path) else {
                throw .unavailable(
                    "nobody offers a sandbox at \(path); WASMESH_TEST_SANDBOX is set by `wasmesh test` and for it alone"
                )
            }
            let connection = SandboxConnection(socket)
            let answer = try connection.ask(.object([.init("knows", .array(methods.map { .string($0) }))]))
            return answer["knows"]?.string == "all" ? connection : nil
        }

        /// Runs one message: what the module's own `handle` does in the native build.
        func handle(_ request: MeshRequest) throws(MeshError) {
            depth += 1
            var message = try ask(SandboxConnection.run(request))
            while let question = message["ask"]?.string {
                message = try ask(SandboxConnection.answer(question, message, request.host))
            }
            depth -= 1
            try request.host.take(end: message)
        }

        /// Ends a workflow's execution that its host has left in the middle of a host call.
        func drop(for host: TestMesh) throws(MeshError) {
            guard depth > 0 else { return }
            depth = 0
            var message: JSONValue
            repeat { message = try ask(.object([.init("drop", true)])) } while message["ask"] != nil
            host.take(logs: message)
        }

        private func ask(_ message: JSONValue) throws(MeshError) -> JSONValue {
            guard socket.write(message.jsonBytes), let line = socket.read() else {
                throw .unavailable("the sandbox of `wasmesh test` has gone")
            }
            return try JSONValue(jsonText: String(decoding: line, as: UTF8.self))
        }

        // MARK: What is run

        private static func run(_ request: MeshRequest) -> JSONValue {
            let mesh = request.host
            var members: [JSONValue.Member] = [
                .init("run", .string(mesh.type)), .init("id", .string(mesh.id)), .init("key", .string(mesh.key)),
                .init("source", .string(mesh.source)), .init("attempt", .number(String(mesh.attempt))),
                .init("now", .number(String(mesh.epochMicroseconds))), .init("seed", .string(String(mesh.seed))),
                .init("data", .string(String(decoding: request.data, as: UTF8.self))),
            ]
            func add(_ name: String, _ value: String?) {
                if let value { members.append(.init(name, .string(value))) }
            }
            add("caller", mesh.caller)
            add("principal", mesh.text(.principal))
            add("traceparent", mesh.traceparent)
            add("deadline", mesh.text(.deadline))
            add("workflowRun", mesh.text(.run))
            if mesh.machine == nil { add("state", mesh.stateJSON) }
            let configuration = mesh.configuration.sorted { $0.key < $1.key }
            members.append(.init("config", .object(configuration.map { .init($0.key, .string($0.value)) })))
            return .object(members)
        }

        // MARK: Host calls of a workflow

        static func answer(_ question: String, _ message: JSONValue, _ mesh: TestMesh) -> JSONValue {
            let name = message["name"]?.string ?? ""
            let key = message["key"]?.string
            let data = Array((message["data"]?.string ?? "").utf8)
            let operation = message.int32("operation")
            switch question {
            case "now": return number(mesh.epochMicroseconds)
            case "cancelReason":
                return .object([.init("result", mesh.text(.cancelReason).map { .string($0) } ?? .null)])
            case "isReplaying": return number(mesh.machine?.isReplaying == true ? 1 : 0)
            case "begin":
                guard let kind = OperationKind(rawValue: message.int32("kind")) else { return number(-4) }
                let options = Array((message["options"]?.string ?? "").utf8)
                return result(mesh.workflowBegin(kind, name, key: key, data, options), mesh)
            case "emit":
                mesh.emit(TestMesh.Emitted(event: name, json: String(decoding: data, as: UTF8.self)))
                return number(0)
            case "send":
                mesh.send(name, key: key, data, after: message.delay)
                return number(0)
            case "wait": return result(mesh.workflowWait(message.operations), mesh)
            case "group": return result(mesh.workflowGroup(), mesh)
            case "add": return result(mesh.workflowAdd(operation, to: message.int32("group")), mesh)
            case "next": return result(mesh.workflowNext(message.int32("group"), message.operations), mesh)
            case "outcome":
                let status = mesh.workflowStatus(operation)
                let text = status > 0 ? String(decoding: mesh.workflowResult(operation), as: UTF8.self) : nil
                return .object([
                    .init("result", .number(String(status))), .init("text", text.map { .string($0) } ?? .null),
                ])
            case "cancel":
                mesh.workflowCancel(operation)
                return number(0)
            case "patch": return result(mesh.workflowPatch(name), mesh)
            case "close":
                mesh.machine?.close(name)
                return number(0)
            case "reply":
                let isError = message["status"]?.string == "error"
                return result(mesh.workflowReply(operation, isError: isError, data), mesh)
            case "config": return text(mesh.config(name))
            case "readState": return text(mesh.state().map { String(decoding: $0, as: UTF8.self) })
            case "writeState":
                mesh.setState(message["state"]?.string.map { Array($0.utf8) })
                return number(0)
            case "continue": return result(mesh.workflowContinue(data), mesh)
            default: return .object([.init("drop", true)])
            }
        }

        private static func number(_ value: some BinaryInteger) -> JSONValue {
            .object([.init("result", .number(String(value)))])
        }

        private static func text(_ value: String?) -> JSONValue {
            .object([.init("text", value.map { .string($0) } ?? .null)])
        }

        private static func result(_ value: Int32, _ mesh: TestMesh) -> JSONValue {
            value >= 0
                ? number(value)
                : .object([.init("result", .number(String(value))), .init("reason", .string(mesh.lastError()))])
        }
    }

    extension JSONValue {
        fileprivate func int32(_ name: String) -> Int32 {
            if case .number(let text)? = self[name] { Int32(text) ?? 0 } else { 0 }
        }

        fileprivate var operations: [Int32] {
            guard case .array(let elements)? = self["operations"] else { return [] }
            return elements.compactMap { if case .number(let text) = $0 { Int32(text) } else { nil } }
        }
    }
#endif
