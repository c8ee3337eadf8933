/// A stream that goes out: signals to one other workflow, each stored there before the next is sent.
public struct Outlet<Context: WorkflowContext> {
    let host: MeshHost
    /// The id of the workflow that receives.
    public let key: String
    let end: Call<Void>

    /// Sends one, and waits until it is stored. While the receiver has too many, it is tried again (`retries` times); where there
    /// is none any more, it throws `FAILED_PRECONDITION` (it has ended, or closed its inlet) or `INSTANCE_NOT_FOUND`.
    public func send(_ signal: Call<Void>, retries: Int = 30) throws(MeshError) {
        try host.start(signal, key: key, CallOptions(retries: retries, label: "send")).value()
    }

    /// Tells the receiver that nothing more comes.
    public func close() throws(MeshError) {
        try host.start(end, key: key, CallOptions(retries: 30, label: "close")).value()
    }
}

extension WorkflowContext {
    /// A stream to the workflow `key`, which reads it with an inlet: `mesh.outlet(to: id, closedBy: Loader.noMoreLines())`.
    public func outlet(to key: String, closedBy end: Call<Void>) -> Outlet<Self> {
        Outlet(host: host, key: key, end: end)
    }
}
