import CWasmtime

/// Runs guests: each execution in an instance of its own that is thrown away afterwards.
package enum Sandbox {
    /// Runs one execution to its end, on the calling thread, which needs 2 MiB of stack. Any number of threads may do so at once,
    /// up to the engine's `maximumInstances` in each of its lanes.
    ///
    /// Effects are buffered in the result; nothing else happens. Whatever the guest does, this returns.
    /// - Parameter workflow: who answers the workflow functions; nil outside a workflow, where they aren't allowed.
    package static func run(
        _ module: WasmModule, _ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)? = nil
    ) -> GuestRun {
        if module.minimumMemoryBytes > request.limits.memoryBytes {
            return GuestRun.refused(
                .memoryExceeded(
                    "The guest needs \(module.minimumMemoryBytes) bytes of memory to start; the limit is \(request.limits.memoryBytes)."
                ))
        }
        return run(module.code, request, host: host, workflow: workflow)
    }

    /// The same, for the code of a module whose memory fits.
    static func run(
        _ code: ModuleCode, _ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)?
    ) -> GuestRun {
        let execution = Execution(request, host, workflow, tick: code.lane.configuration.tick)
        code.lane.ticker.begin()
        defer { code.lane.ticker.end() }
        let (outcome, memoryBytes) = NestedRuns.run(execution) {
            var instance = SandboxInstance(code, execution)
            let outcome = instance.run()
            let memoryBytes = instance.memoryBytes
            instance.close()
            return (outcome, memoryBytes)
        }
        execution.logs.finish()
        return GuestRun(
            outcome: outcome, logs: execution.logs.lines, droppedLogBytes: execution.logs.droppedBytes,
            memoryBytes: memoryBytes, refusals: execution.refusals, firstRefusal: execution.firstRefusal)
    }
}

extension GuestRun {
    fileprivate static func refused(_ outcome: GuestOutcome) -> GuestRun {
        GuestRun(outcome: outcome, logs: [], droppedLogBytes: 0, memoryBytes: 0)
    }
}
