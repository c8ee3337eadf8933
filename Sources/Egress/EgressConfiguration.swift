package import MeshCore

/// How an egress process works.
package struct EgressConfiguration: Sendable {
    /// Names the process in `mesh.http_call`.
    package var name: String
    /// Calls that are made at the same time; each holds a thread and a connection.
    package var concurrency: Int
    package var secrets: SecretFolder
    /// Not nil with `wasmesh dev`: what no grant covers is allowed too, and told.
    package var wishes: WishList?
    /// How often it looks for calls by itself: Postgres tells of new ones, and this is for what was missed.
    package var look: Duration
    /// How long a process that has gone is taken to be alive.
    package var lease: Duration
    /// How long calls under way may take to end when the process is told to stop.
    package var drainLimit: Duration
    /// Nil where no traces are kept.
    package var tracer: Tracer?

    package init(
        name: String, concurrency: Int, secrets: SecretFolder, wishes: WishList? = nil,
        look: Duration = .seconds(1), lease: Duration = .seconds(15), drainLimit: Duration = .seconds(10),
        tracer: Tracer? = nil
    ) {
        self.name = name
        self.concurrency = concurrency
        self.secrets = secrets
        self.wishes = wishes
        self.look = look
        self.lease = lease
        self.drainLimit = drainLimit
        self.tracer = tracer
    }
}
