/// What one method of one service has done since the worker started.
package struct HandlerStatistics: Sendable {
    package var service: String
    package var method: String
    package var counts: HandlerCounts

    /// For tests too.
    package init(service: String, method: String, counts: HandlerCounts) {
        self.service = service
        self.method = method
        self.counts = counts
    }
}
