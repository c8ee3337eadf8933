extension WorkflowContext {
    /// Makes a request to the outside and waits for the answer; a worker that restarts meanwhile is no event.
    ///
    /// Each attempt is made once. It throws `PROVIDER_UNAVAILABLE` where nobody answers or the answer says "later" (425, 429),
    /// `COMMUNICATION_FAILURE` where the other side may have taken the request (no answer in time, or one of 500 and more),
    /// `PERMISSION_DENIED` without a grant. Other statuses are answers.
    ///
    /// - Parameters:
    ///   - retries: attempts after the first; nil: three for methods that are idempotent, none for others.
    ///   - timeout: for all attempts; that of one is the request's own.
    public func fetch(
        _ request: HTTPRequest, retries: Int? = nil, backoff: CallOptions.Backoff? = nil, timeout: Duration? = nil,
        label: String? = nil
    ) throws(MeshError) -> HTTPResponse {
        try call(request.call, retries: retries, backoff: backoff, timeout: timeout, label: label)
    }
}
