/// What the headers of a call ask for; read by `CallOptions.read`.
package struct CallOptions: Sendable, Equatable {
    /// `Connect-Timeout-Ms`: how long the caller waits.
    package var timeout: Duration?
    /// `Idempotency-Key`.
    package var idempotencyKey: String?
    /// `Mesh-Key`: the key, where the method's own rule gives none.
    package var key: String?
    /// `traceparent`; nil where there is none, or one that can't be read.
    package var traceparent: String?
    /// `Prefer: respond-async`: the caller polls for the answer.
    package var respondsAsync: Bool
    /// `Mesh-Due`, `Mesh-Delay-Ms`: when the call is to be sent; nil: at once.
    package var start: CallStart?
    /// The token of `Authorization: Bearer`.
    package var bearerToken: String?

    package init(
        timeout: Duration? = nil, idempotencyKey: String? = nil, key: String? = nil, traceparent: String? = nil,
        respondsAsync: Bool = false, start: CallStart? = nil, bearerToken: String? = nil
    ) {
        self.timeout = timeout
        self.idempotencyKey = idempotencyKey
        self.key = key
        self.traceparent = traceparent
        self.respondsAsync = respondsAsync
        self.start = start
        self.bearerToken = bearerToken
    }
}
