import CWasmtime

// How an execution that didn't return is judged.

extension SandboxInstance {
    var memoryLimitText: String {
        "its memory has \(memoryBytes) bytes and may have \(execution.request.limits.memoryBytes)"
    }

    func stopped(by error: OpaquePointer, orElse other: (String) -> GuestOutcome) -> Stop {
        if let stop = stoppedByWorkflow {
            wasmtime_error_delete(error)
            return stop
        }
        let text = WasmtimeFailure.text(taking: error)
        return stoppedByHost(text) ?? .outcome(other(text))
    }

    func stopped(by trap: OpaquePointer) -> Stop {
        if let stop = stoppedByWorkflow {
            wasm_trap_delete(trap)
            return stop
        }
        let (text, code) = WasmtimeFailure.read(taking: trap)
        if let stop = stoppedByHost(text) { return stop }
        let kind = GuestTrap.Kind(code: code)
        // An allocator that gets no more memory ends in `unreachable`. The API doesn't report the refused growth, but nothing
        // else fills half of the memory first.
        if kind == .unreachable, memoryBytes * 2 >= execution.request.limits.memoryBytes {
            return .outcome(.memoryExceeded("The guest gave up; \(memoryLimitText). \(text)"))
        }
        return .outcome(.trapped(GuestTrap(kind: kind, message: text)))
    }

    /// The end of a workflow's run, which is no failure: nobody reads its backtrace.
    private var stoppedByWorkflow: Stop? {
        switch execution.end {
        case .suspended: .outcome(.suspended)
        case .stopped(let reason): .outcome(.stopped(reason))
        case nil: nil
        }
    }

    /// What the host itself decided, which says more than the trap that it raised.
    private func stoppedByHost(_ text: String) -> Stop? {
        if execution.isOutOfTime {
            return .outcome(
                .deadlineExceeded("The guest used up its \(execution.request.limits.cpuTime) of CPU time. \(text)"))
        }
        if let misuse = execution.misuse {
            return .outcome(.trapped(GuestTrap(kind: .hostCallMisuse, message: "\(misuse). \(text)")))
        }
        if let status = execution.exitStatus {
            if status == 0, isHandling { return .exited }
            let place = isHandling ? "" : " before it took the message"
            return .outcome(
                .trapped(GuestTrap(kind: .exited, message: "The guest ended itself with proc_exit(\(status))\(place)."))
            )
        }
        return nil
    }
}
