/// An event as its emitter declares it: `@emits(event: "order.placed", key: "id")`.
package struct EventDeclaration: Sendable, Hashable {
    /// The dotted name, which is also the topic: `order.placed`.
    package var name: String
    /// The name of the payload's object type, in the schema of the declaring service.
    package var payloadType: String
    /// Where the key stands in the payload (`["order", "id"]` for `key: "order.id"`); nil: each event's own id is its key.
    package var keyPath: [String]?
    /// The qualified name of the service that declares it: `shop.Orders`.
    package var service: String
    /// The name of the declaring method: `orderPlaced`.
    package var method: String

    package init(name: String, payloadType: String, keyPath: [String]?, service: String, method: String) {
        self.name = name
        self.payloadType = payloadType
        self.keyPath = keyPath
        self.service = service
        self.method = method
    }

    /// The key as written: `order.id`.
    package var keyField: String? { keyPath?.joined(separator: ".") }
}
