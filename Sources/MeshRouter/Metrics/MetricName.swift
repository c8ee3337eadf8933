/// The names of the router's metrics; docs/operations.md explains them.
enum MetricName {
    static let requests = "wasmesh_router_requests_total"
    static let duration = "wasmesh_router_request_duration_seconds"
    static let waitingCalls = "wasmesh_router_waiting_calls"
    static let accepted = "wasmesh_router_accepted_messages_total"
    static let acceptBatches = "wasmesh_router_accept_transactions_total"
    static let acceptQueue = "wasmesh_router_accept_queue_messages"
    static let laneLag = "wasmesh_router_lane_unacknowledged_messages"
    static let replies = "wasmesh_router_replies_total"
    static let ready = "wasmesh_router_ready"
}
