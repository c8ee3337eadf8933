#if !arch(wasm32)
    /// A built module, as tests run it: the generated `MeshModule`.
    public protocol GuestModule {
        /// Runs one message.
        static func handle(_ request: MeshRequest) throws(MeshError)
        /// What its services can be called for.
        static var methods: [GuestMethod] { get }
    }

    /// What a test needs to know of a method.
    public struct GuestMethod: Sendable {
        /// What a call of it means.
        public enum Role: Sendable { case handler, workflow, signal, query }

        /// `shop.Orders/place`.
        public let name: String
        public let role: Role
        /// Where the key stands in the arguments.
        public let key: [String]?
        /// `@durable(retries:)`; the mesh's own rule without it.
        public let retries: Int
        /// True for a signal that the workflow's code answers.
        public let isAnswered: Bool

        /// How often the mesh tries a method without `@durable` again that calls its error retryable.
        public static let undeclaredRetries = 3

        public init(
            _ name: String, _ role: Role, key: [String]? = nil, retries: Int = undeclaredRetries,
            isAnswered: Bool = false
        ) {
            self.name = name
            self.role = role
            self.key = key
            self.retries = retries
            self.isAnswered = isAnswered
        }

        /// `shop.Orders`.
        var service: String { String(name.prefix { $0 != "/" }) }
    }
#endif
