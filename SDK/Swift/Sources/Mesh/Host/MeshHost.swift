/// The facts of a message, numbered as in docs/abi.md.
enum ContextField: Int32 {
    case id, key, type, source, caller, traceparent, attempt, deadline, service, run, cancelReason, principal
}

/// How grave a log line is.
public enum LogLevel: Int32, Sendable, Hashable {
    case debug, info, warning, error
}

#if arch(wasm32)
    /// What the mesh offers to one execution: inside the sandbox, the functions that the host gives to the module.
    public final class MeshHost {
        /// The first thing the mesh refused. It fails the execution, whatever the handler does afterwards, so that
        /// handlers need not check each effect.
        var refusal: MeshError?
        var workflow = WorkflowScope()

        init() {}

        func text(_ field: ContextField) -> String? {
            var buffer: [UInt8] = []
            let length = MeshHost.read(into: &buffer) { mesh_context(field.rawValue, $0, $1) }
            return length < 0 ? nil : String(decoding: buffer, as: UTF8.self)
        }

        var epochMicroseconds: Int64 { mesh_now() }

        func fillRandom(_ buffer: UnsafeMutableRawPointer, count: Int) { mesh_random(buffer, Int32(count)) }

        func config(_ name: String) -> String? {
            var name = name
            var buffer: [UInt8] = []
            let length = name.withUTF8 { name in
                MeshHost.read(into: &buffer) { mesh_config(name.baseAddress, Int32(name.count), $0, $1) }
            }
            return length < 0 ? nil : String(decoding: buffer, as: UTF8.self)
        }

        func log(_ level: LogLevel, _ text: String) {
            var text = text
            text.withUTF8 { mesh_log(level.rawValue, $0.baseAddress, Int32($0.count)) }
        }

        /// The state's JSON; nil without one.
        func state() -> [UInt8]? {
            var buffer: [UInt8] = []
            let length = MeshHost.read(into: &buffer) { mesh_state_get($0, $1) }
            if length < -1 { refuse(length, "the state") }
            return length < 0 ? nil : buffer
        }

        /// Replaces the state; nil removes it.
        func setState(_ state: [UInt8]?) {
            let result =
                if let state {
                    state.withUnsafeBufferPointer { mesh_state_set($0.baseAddress, Int32($0.count)) }
                } else {
                    mesh_state_delete()
                }
            if result < 0 { refuse(result, "the state") }
        }

        func emit(_ event: StaticString, _ data: [UInt8]) {
            let result = event.withUTF8Buffer { event in
                data.withUnsafeBufferPointer {
                    mesh_emit(event.baseAddress, Int32(event.count), $0.baseAddress, Int32($0.count))
                }
            }
            if result < 0 { refuse(result, event.asString) }
        }

        func send(_ target: String, key: String?, _ data: [UInt8]) {
            send(target, key: key, data) { mesh_send($0, $1, $2, $3, $4, $5) }
        }

        /// The same, delivered `delay` microseconds after `now`. Only a module that calls this imports `send_after`, which older
        /// hosts refuse.
        func send(_ target: String, key: String?, _ data: [UInt8], after delay: Int64) {
            send(target, key: key, data) { mesh_send_after($0, $1, $2, $3, $4, $5, delay) }
        }

        private func send(
            _ target: String, key: String?, _ data: [UInt8],
            _ body: (
                UnsafePointer<UInt8>?, Int32, UnsafePointer<UInt8>?, Int32, UnsafePointer<UInt8>?, Int32
            ) -> Int32
        ) {
            var text = target
            var keyText = key ?? ""
            let result = text.withUTF8 { target in
                keyText.withUTF8 { keyBytes in
                    data.withUnsafeBufferPointer {
                        body(
                            target.baseAddress, Int32(target.count), keyBytes.baseAddress,
                            key == nil ? -1 : Int32(keyBytes.count), $0.baseAddress, Int32($0.count))
                    }
                }
            }
            if result < 0 { refuse(result, target) }
        }

        func reply(_ data: [UInt8]) {
            data.withUnsafeBufferPointer { mesh_reply($0.baseAddress, Int32($0.count)) }
        }

        func fail(_ error: MeshError) {
            error.jsonBytes.withUnsafeBufferPointer { mesh_fail($0.baseAddress, Int32($0.count)) }
        }

        /// Ends the execution where it is: nothing of what it did takes place, and it is tried again as after any crash.
        func crash(_ reason: String) -> Never {
            log(.error, reason)
            // A trap is the one way out of a guest by which nothing is committed; it ends this sandbox alone.
            fatalError("the reason is in the log")
        }

        private func refuse(_ result: Int32, _ what: String) {
            if refusal != nil { return }
            var buffer: [UInt8] = []
            let length = MeshHost.read(into: &buffer) { mesh_last_error($0, $1) }
            let reason = length > 0 ? String(decoding: buffer, as: UTF8.self) : what + " was refused"
            refusal = .refused(result, reason)
        }

        // MARK: Workflows

        func workflowBegin(
            _ kind: OperationKind, _ name: String, key: String?, _ data: [UInt8], _ options: [UInt8]
        ) -> Int32 {
            var name = name
            var keyText = key ?? ""
            return name.withUTF8 { name in
                keyText.withUTF8 { keyBytes in
                    data.withUnsafeBufferPointer { data in
                        options.withUnsafeBufferPointer { options in
                            mesh_workflow_begin(
                                kind.rawValue, name.baseAddress, Int32(name.count), keyBytes.baseAddress,
                                key == nil ? -1 : Int32(keyBytes.count), data.baseAddress, Int32(data.count),
                                options.baseAddress, Int32(options.count))
                        }
                    }
                }
            }
        }

        func workflowWait(_ operations: [Int32]) -> Int32 {
            operations.withUnsafeBufferPointer { mesh_workflow_wait($0.baseAddress, Int32($0.count)) }
        }

        func workflowGroup() -> Int32 { mesh_workflow_group() }

        func workflowAdd(_ operation: Int32, to group: Int32) -> Int32 { mesh_workflow_add(group, operation) }

        func workflowNext(_ group: Int32, _ operations: [Int32]) -> Int32 {
            operations.withUnsafeBufferPointer { mesh_workflow_next(group, $0.baseAddress, Int32($0.count)) }
        }

        func workflowClose(_ name: StaticString) {
            let result = name.withUTF8Buffer { mesh_workflow_close($0.baseAddress, Int32($0.count)) }
            if result < 0 { refuse(result, "the end of a channel") }
        }

        /// Only a module that calls this imports `workflow_reply`, which older hosts refuse.
        func workflowReply(_ operation: Int32, isError: Bool, _ data: [UInt8]) -> Int32 {
            data.withUnsafeBufferPointer {
                mesh_workflow_reply(operation, isError ? 1 : 0, $0.baseAddress, Int32($0.count))
            }
        }

        func workflowStatus(_ operation: Int32) -> Int32 { mesh_workflow_status(operation) }

        func workflowResult(_ operation: Int32) -> [UInt8] {
            var buffer: [UInt8] = []
            _ = MeshHost.read(into: &buffer) { mesh_workflow_result(operation, $0, $1) }
            return buffer
        }

        func workflowCancel(_ operation: Int32) {
            let result = mesh_workflow_cancel(operation)
            if result < 0 { refuse(result, "a cancellation") }
        }

        func workflowPatch(_ name: String) -> Int32 {
            var name = name
            return name.withUTF8 { mesh_workflow_patch($0.baseAddress, Int32($0.count)) }
        }

        func workflowContinue(_ data: [UInt8]) -> Int32 {
            data.withUnsafeBufferPointer { mesh_workflow_continue($0.baseAddress, Int32($0.count)) }
        }

        /// What the last negative result was about.
        func lastError() -> String {
            var buffer: [UInt8] = []
            let length = MeshHost.read(into: &buffer) { mesh_last_error($0, $1) }
            return length > 0 ? String(decoding: buffer, as: UTF8.self) : "the mesh has refused it"
        }

        /// Calls a function that copies out, again with room if the first guess was too small.
        private static func read(
            into bytes: inout [UInt8], _ body: (UnsafeMutablePointer<UInt8>?, Int32) -> Int32
        ) -> Int32 {
            var capacity = 256
            while true {
                var length: Int32 = -1
                bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                    length = body(buffer.baseAddress, Int32(capacity))
                    count = max(0, min(Int(length), capacity))
                }
                if Int(length) <= capacity { return length }
                capacity = Int(length)
            }
        }
    }
#endif
