#if !arch(wasm32)
    /// One entry of a workflow's journal in a test: something that its code asked for, or that has happened to it.
    public struct JournalEntry: Sendable, Hashable, CustomStringConvertible {
        /// Those up to `reply` are asked for by the code; the others come from outside or end the run.
        public enum Kind: String, Sendable, Hashable {
            case call, local, timer, receive, emit, send, read, write, patch, cancel, config, closed, reply
            case started, answered, failed, retried, fired, signal, cancelRequested, completed, cancelled, continued

            var isCommand: Bool {
                switch self {
                case .call, .local, .timer, .receive, .emit, .send, .read, .write, .patch, .cancel, .config, .closed,
                    .reply:
                    true
                case .started, .answered, .failed, .retried, .fired, .signal, .cancelRequested, .completed, .cancelled,
                    .continued:
                    false
                }
            }
        }

        /// From 1, over all runs.
        public var sequence: Int
        public var kind: Kind
        /// The operation that it begins or belongs to; nil where there is none.
        public var operation: Int32?
        /// The target, the signal, the event or the change.
        public var name: String
        public var key: String?
        /// JSON: arguments, or what came.
        public var data: String
        public var error: MeshError?
        /// JSON: how a call is made; of a send, its `delay` where it has one; of a `reply`, its `outcome` where that is an error.
        public var options: String = ""
        /// The options of a `cancel` that asks a child workflow to end. It is said here, as in a replay the child may have ended.
        static let asksChild = "child"
        public var at: DateTime

        /// What people read beside it.
        public var label: String? { option("label")?.string }
        /// True for a step of a saga that takes another one back.
        public var isCompensation: Bool { option("role")?.string == "compensation" }

        /// True for a command that the mesh has refused: it has begun nothing.
        var isRefused: Bool { error != nil && kind.isCommand }
        /// True for a `reply` that is an error.
        var isFailure: Bool { kind == .reply && options == JournalEntry.failure }
        /// The options of a `reply` that is an error.
        static let failure = #"{"outcome":"error"}"#
        /// True for a call that nobody waits for.
        var isDetached: Bool { options.contains("detached") && option("detached")?.bool == true }

        /// `call shop.Payments/capture`, `failed shop.Payments/capture: OUT_OF_STOCK`, with the label in brackets where there is one;
        /// `reply approve`, and with the code of the error `reply approve: NOT_YOURS`.
        public var description: String {
            var text = kind.rawValue
            if !name.isEmpty { text += " " + name }
            if let label { text += isCompensation ? " [undo \(label)]" : " [\(label)]" }
            if let error = error ?? (isFailure ? MeshError.read(Array(data.utf8)) : nil) { text += ": " + error.code }
            return text
        }

        /// How long after `at` what is sent is delivered.
        var delay: Duration {
            Duration(seconds: 0, nanoseconds: Int64(option("delay")?.double ?? 0) * 1000)
        }

        /// The options of a send.
        static func options(delay: Duration) -> String {
            delay == .zero ? "" : #"{"delay":\#(delay.microseconds)}"#
        }

        func option(_ name: String) -> JSONValue? {
            options.isEmpty ? nil : (try? JSONValue(jsonText: options))?[name]
        }
    }
#endif
