/// Bounds of a schema, far beyond what people write; what is above them is an error.
enum SchemaLimits {
    /// PostgreSQL's limit for identifiers: fields become columns of the typed views.
    static let nameLength = 63
    static let namespaceLength = 100
    /// Kafka's limit for topics, less room for suffixes.
    static let eventNameLength = 200
    static let types = 1000
    static let fields = 500
    static let enumValues = 5000
    static let services = 200
    static let methods = 500
    static let arguments = 100
    /// Of all types together.
    static let allFields = 20_000
    /// Of all services together.
    static let allMethods = 2000
    /// Different ones in a schema.
    static let patterns = 500
}
