#if !arch(wasm32)
    /// What the mesh offers to one execution: outside the sandbox, a mesh in memory for unit tests.
    public typealias MeshHost = TestMesh

    /// A mesh in memory: gives a handler the message's facts, and records what it does.
    ///
    ///     let mesh = TestMesh(key: "order-1")
    ///     let order = try Orders().place(order: newOrder, mesh: OrdersContext(mesh))
    ///     #expect(mesh.emitted.map(\.event) == ["order.placed"])
    ///
    /// Its clock stands still and its random numbers come from a seed, as in the mesh, where each retry sees the same.
    /// Not for use from several threads at once.
    public final class TestMesh {
        /// An event that was emitted.
        public struct Emitted: Sendable, Hashable {
            public let event: String
            public let json: String

            /// The event as the type that the schema gives it.
            public func decoded<Event: JSONCodable>(as type: Event.Type = Event.self) throws(MeshError) -> Event {
                try Event(jsonText: json)
            }
        }

        /// A call that was sent.
        public struct Sent: Sendable, Hashable {
            /// `shop.Payments/capture`.
            public let target: String
            /// Nil where the method's own rule finds the key.
            public let key: String?
            /// The object of the arguments.
            public let json: String
            /// How long after `now` it is delivered, in whole microseconds; `.zero` where it is sent at once.
            public let after: Duration
        }

        /// A line of the log.
        public struct LogLine: Sendable, Hashable {
            public let level: LogLevel
            public let text: String
        }

        public var id: String
        public var key: String
        public var type: String
        public var source: String
        public var caller: String?
        public var principal: Principal?
        public var traceparent: String?
        public var attempt: Int
        public var deadline: DateTime?
        public var service: String
        public var now: DateTime
        public var configuration: [String: String]

        /// The stored state's JSON.
        public var stateJSON: String?
        public private(set) var emitted: [Emitted] = []
        public private(set) var sent: [Sent] = []
        public private(set) var logged: [LogLine] = []
        /// The answer's JSON, set by `deliver`.
        public private(set) var replyJSON: String?

        var refusal: MeshError?
        var workflow = WorkflowScope()
        /// Set where this is a workflow's mesh: its operations end there.
        var machine: WorkflowMachine?
        /// What its random numbers follow from.
        let seed: UInt64
        private var randomState: UInt64

        public init(
            key: String = "key-1", id: String = "01980000-0000-7000-8000-000000000001", type: String = "",
            source: String = "test", caller: String? = nil, principal: Principal? = nil, traceparent: String? = nil,
            attempt: Int = 1, deadline: DateTime? = nil, service: String = "",
            now: DateTime = DateTime(epochMicroseconds: 1_795_000_000_000_000), seed: UInt64 = 1,
            configuration: [String: String] = [:]
        ) {
            self.id = id
            self.key = key
            self.type = type
            self.source = source
            self.caller = caller
            self.principal = principal
            self.traceparent = traceparent
            self.attempt = attempt
            self.deadline = deadline
            self.service = service
            self.now = now
            self.configuration = configuration
            self.seed = seed
            randomState = seed
        }

        /// Runs one message as the sandbox does: `method` is `Orders/place`, `json` the data, `handle` the generated
        /// dispatch. A failure leaves no effects behind.
        public func deliver(
            _ method: String, _ json: String, _ handle: (MeshRequest) throws(MeshError) -> Void
        ) throws(MeshError) {
            let before = (emitted, sent, stateJSON)
            replyJSON = nil
            refusal = nil
            let (methodBytes, data) = (Array(method.utf8), Array(json.utf8))
            var failure: MeshError?
            methodBytes.withUnsafeBufferPointer { methodBytes in
                data.withUnsafeBufferPointer { data in
                    do throws(MeshError) {
                        try handle(MeshRequest(method: JSONText(methodBytes), data: data, host: self))
                    } catch {
                        failure = error
                    }
                }
            }
            guard let failure = failure ?? refusal else { return }
            (emitted, sent, stateJSON) = before
            replyJSON = nil
            throw failure
        }
    }

    // MARK: - The host's functions
    extension TestMesh {
        func text(_ field: ContextField) -> String? {
            switch field {
            case .id: id
            case .key: key
            case .type: type
            case .source: source
            case .caller: caller
            case .traceparent: traceparent
            case .attempt: String(attempt)
            case .deadline: deadline.map { String($0.epochMicroseconds) }
            case .service: service
            case .run: machine.map { String($0.run) }
            case .cancelReason: machine?.deliveredCancelReason
            case .principal: principal?.jsonText
            }
        }

        var epochMicroseconds: Int64 { machine?.now ?? now.epochMicroseconds }

        /// SplitMix64 (Steele, Lea, Flood 2014).
        func fillRandom(_ buffer: UnsafeMutableRawPointer, count: Int) {
            for index in 0..<count {
                randomState &+= 0x9E37_79B9_7F4A_7C15
                var bits = randomState
                bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
                bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
                buffer.storeBytes(of: UInt8(truncatingIfNeeded: bits ^ bits >> 31), toByteOffset: index, as: UInt8.self)
            }
        }

        func config(_ name: String) -> String? {
            machine.map { $0.config(name, configuration[name]) } ?? configuration[name]
        }

        func log(_ level: LogLevel, _ text: String) {
            if machine?.isReplaying != true { append(LogLine(level: level, text: text)) }
        }

        func append(_ line: LogLine) {
            if let machine { machine.loggedByCode.append(line) } else { logged.append(line) }
        }

        func state() -> [UInt8]? {
            (machine.map { $0.readState() } ?? stateJSON).map { Array($0.utf8) }
        }

        func setState(_ state: [UInt8]?) {
            let text = state.map { String(decoding: $0, as: UTF8.self) }
            if let machine { machine.writeState(text) } else { stateJSON = text }
        }

        func emit(_ event: StaticString, _ data: [UInt8]) {
            emit(Emitted(event: event.asString, json: String(decoding: data, as: UTF8.self)))
        }

        func emit(_ event: Emitted) {
            if let machine { machine.emit(event) } else { emitted.append(event) }
        }

        /// - Parameter delay: microseconds; with 0 and less it is sent at once.
        func send(_ target: String, key: String?, _ data: [UInt8], after delay: Int64 = 0) {
            if let problem = WorkflowLimits.problem(ofDelay: delay) {
                if refusal == nil { refusal = .invalidRequest(problem) }
                return
            }
            let call = Sent(
                target: target, key: key, json: String(decoding: data, as: UTF8.self),
                after: Duration(seconds: 0, nanoseconds: max(0, delay) * 1000))
            if let machine { machine.send(call) } else { sent.append(call) }
        }

        func reply(_ data: [UInt8]) { replyJSON = String(decoding: data, as: UTF8.self) }
    }
#endif
