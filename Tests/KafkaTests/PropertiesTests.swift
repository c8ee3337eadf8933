import Testing

@testable import Kafka

/// No error about a property has its value, which may be a password.
@Suite struct PropertiesTests {
    @Test(arguments: ["sasl.pasword", "security.protocol", "socket.timeout.ms"])
    func `a client isn't made with a wrong property, and its error doesn't quote it`(_ name: String) {
        var configuration = KafkaConfiguration.cluster(bootstrapServers: "127.0.0.1:1")
        configuration.overrides = [name: "hunter2"]
        let error = #expect(throws: KafkaError.self) { _ = try KafkaProducer(configuration) { _ in } }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(name) == true)
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test func `librdkafka's own words lose secrets`() {
        let settings = [("sasl.oauthbearer.config", "principal=hunter2"), ("client.id", "config")]
        #expect(
            KafkaProperties.withoutSecrets("Unrecognized config beginning at: principal=hunter2", settings)
                == "Unrecognized config beginning at: …")
    }

    @Test func `the properties are known by name`() {
        let names = KafkaProperties.names
        #expect(names.count > 100)
        #expect(names.contains("sasl.password") && names.contains("bootstrap.servers"))
        #expect(KafkaProperties.verdict(on: "sasl.password", "x") == .taken)
        #expect(KafkaProperties.verdict(on: "sasl.pasword", "x") == .unknown)
        #expect(KafkaProperties.verdict(on: "security.protocol", "x") == .refused)
    }
}
