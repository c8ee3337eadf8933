#if !arch(wasm32)
    // What the mesh makes of a handler's error on its way to the caller (docs/errors.md).
    extension MeshError {
        /// The mesh's own codes. A service's code stands for one of them.
        static let meshCodes: Set<String> = [
            "INVALID_REQUEST", "NOT_FOUND", "INSTANCE_NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED",
            "RESOURCE_EXHAUSTED", "PROVIDER_UNAVAILABLE", "COMMUNICATION_FAILURE", "DEADLINE_EXCEEDED", "CONFLICT",
            "FAILED_PRECONDITION", "INTERNAL_ERROR",
        ]

        /// Why the mesh doesn't take this for an error; nil where it does.
        var problemForCallers: String? { problem.map { "fail: \($0)." } }

        /// The same without who says it.
        var problem: String? {
            guard (1...100).contains(code.utf8.count) else {
                return "the error must have a `code` (a string of at most 100 bytes) and a `message` (a string)"
            }
            guard let errorClass, !MeshError.meshCodes.contains(errorClass) else { return nil }
            return "`class` must be one of the mesh's codes, not \(errorClass)"
        }

        /// How long it asks to be left alone before another attempt: `retryAfter` of its details, whole seconds, a day at most.
        var wait: Duration {
            guard case .number(let text)? = details?["retryAfter"], let seconds = Int(text), seconds > 0 else {
                return .zero
            }
            return .seconds(min(seconds, 86_400))
        }

        /// The same with the class of its code; what isn't taken is a mistake of the service.
        var asCallersGetIt: MeshError {
            if let problemForCallers { return .internalError(problemForCallers) }
            var error = self
            error.errorClass = MeshError.meshCodes.contains(code) ? nil : errorClass ?? "FAILED_PRECONDITION"
            return error
        }
    }
#endif
