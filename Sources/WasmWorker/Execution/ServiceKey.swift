/// A key within a service: what state belongs to, and what orders messages.
struct ServiceKey: Sendable, Hashable {
    var service: String
    var key: String
}
