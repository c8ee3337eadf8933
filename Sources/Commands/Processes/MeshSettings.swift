import Kafka
import MeshCore

/// What every process of a mesh needs to know.
struct MeshSettings: Sendable {
    var postgres: String
    var kafka: String
    /// Further librdkafka properties, by name.
    var kafkaProperties: [String: String]
    /// True with the broker that `wasmesh dev` starts: in memory, and tuned differently.
    var isEmbeddedBroker: Bool
    /// The wished partition count of a new mesh; nil where nobody wishes.
    var partitions: Int?
    var replication: Int

    static let options = [
        Settings.postgres.description, Settings.kafka.description, Settings.kafkaProperties.description,
    ]

    init(
        postgres: String, kafka: String, kafkaProperties: [String: String] = [:], isEmbeddedBroker: Bool,
        partitions: Int?, replication: Int
    ) {
        self.postgres = postgres
        self.kafka = kafka
        self.kafkaProperties = kafkaProperties
        self.isEmbeddedBroker = isEmbeddedBroker
        self.partitions = partitions
        self.replication = replication
    }

    init(_ invocation: Invocation) throws(CommandFailure) {
        postgres = try invocation.value(Settings.postgres)
        kafka = try invocation.value(Settings.kafka)
        kafkaProperties = try MeshSettings.properties(invocation)
        isEmbeddedBroker = invocation.developmentKafka == kafka
        partitions = invocation.given(Settings.partitions)
        replication = invocation.optional(Settings.replication) ?? 1
    }

    /// Kafka's properties, none of which librdkafka will refuse by itself.
    static func properties(_ invocation: Invocation) throws(CommandFailure) -> [String: String] {
        guard let (text, origin) = invocation.origin(of: Settings.kafkaProperties) else { return [:] }
        let properties = try properties(text, origin)
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            guard let problem = problem(with: name, value, isWhole: text.hasPrefix("{")) else { continue }
            throw .usage(
                "\(origin): \(problem)",
                hint: "librdkafka's CONFIGURATION.md lists the properties, such as security.protocol and sasl.username")
        }
        return properties
    }

    /// What is wrong with a property of Kafka; never its value. A name that can't be one isn't shown either, unless it is whole for certain: it
    /// may be the piece of a password that has a comma in it.
    private static func problem(with name: String, _ value: String, isWhole: Bool) -> String? {
        switch KafkaProperties.verdict(on: name, value) {
        case .taken: return nil
        case .refused: return "the Kafka property '\(name)' doesn't take its value"
        case .unknown:
            let isName = name.contains(".") && name.allSatisfy { $0.isLowercase || $0.isNumber || ".-_".contains($0) }
            let clause = DidYouMean.clause(for: name, among: KafkaProperties.names)
            return isName || isWhole || !clause.isEmpty
                ? "Kafka's client has no property '\(LogText.line(String(name.prefix(100))))'\(clause)"
                : "Kafka's client doesn't know one of the properties"
        }
    }

    /// `a=b,c=d` from a flag or the environment, an object from `wasmesh.json`.
    private static func properties(_ text: String, _ origin: String) throws(CommandFailure) -> [String: String] {
        if text.hasPrefix("{") {
            // Nothing of the text is shown: there may be a password in it.
            guard let node = try? JSONReader.read(text), node.members.allSatisfy({ $0.node.text != nil }) else {
                throw .usage(
                    "\(origin): it begins as a JSON object of names and values, and isn't one",
                    hint: #"such as {"security.protocol": "SSL"}, or security.protocol=SSL"#)
            }
            return Dictionary(node.members.map { ($0.name, $0.node.text ?? "") }, uniquingKeysWith: { $1 })
        }
        var properties: [String: String] = [:]
        for (index, pair) in text.split(separator: ",").enumerated() {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw .usage(
                    // Not what stands there: it may be a piece of a password with a comma in it.
                    "--kafka-properties: part \(index + 1) is not name=value",
                    hint: "such as security.protocol=SSL,ssl.ca.location=/etc/ca.pem")
            }
            properties[parts[0]] = parts[1]
        }
        return properties
    }
}
