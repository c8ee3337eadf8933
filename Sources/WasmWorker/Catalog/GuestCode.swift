import Wasm

/// The code of a service's package, as its handlers and workflows are run: a compiled module, or in a simulation something that stands in for one.
protocol GuestCode: Sendable {
    /// The digest of the package.
    var digest: String { get }
    /// Runs one execution to its end, on the calling thread; its effects are buffered in the result.
    func run(_ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)?) -> GuestRun
}

extension WasmModule: GuestCode {
    func run(_ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)?) -> GuestRun {
        Sandbox.run(self, request, host: host, workflow: workflow)
    }
}
