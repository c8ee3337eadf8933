import Commands
import Foundation
import TestSupport
import Testing

/// What is said of Kafka's properties; a value may be a password.
@Suite struct KafkaPropertiesTests {
    private let mesh = ["--postgres", "postgresql://nobody@127.0.0.1:1/none", "--kafka", "127.0.0.1:1"]

    @Test(arguments: ["worker", "relay", "doctor"])
    func `one that there isn't is named with the nearest, without its value, and nothing is tried`(
        _ command: String
    ) async {
        let run = await ProgramRun([command] + mesh + ["--kafka-properties", "sasl.pasword=hunter2"])
        #expect(run.exit == .usage)
        #expect(
            run.error.contains(
                "--kafka-properties: Kafka's client has no property 'sasl.pasword'; did you mean 'sasl.password'?"))
        #expect(!(run.out + run.error).contains("hunter2"))
    }

    @Test func `one of the file is refused with its place`() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data(#"{"kafka": {"properties": {"sasl.pasword": "hunter2"}}}"#.utf8).write(
            to: directory.appendingPathComponent("wasmesh.json"))
        let run = await ProgramRun(["relay"] + mesh, directory: directory.path)
        #expect(run.exit == .usage)
        #expect(run.error.contains("wasmesh.json:1:12: Kafka's client has no property 'sasl.pasword'"), "\(run.error)")
        #expect(!run.error.contains("hunter2"))
    }

    @Test(arguments: ["security.protocol=hunter2", "socket.timeout.ms=hunter2"])
    func `one that doesn't take its value is named without it`(_ property: String) async {
        let run = await ProgramRun(["relay"] + mesh + ["--kafka-properties", property])
        #expect(run.exit == .usage)
        #expect(run.error.contains("the Kafka property '\(property.prefix { $0 != "=" })' doesn't take its value"))
        #expect(!run.error.contains("hunter2"))
    }

    @Test(arguments: ["sasl.password=one,hunter2=two", "sasl.password=one,hun.Ter2=two"])
    func `a piece of a password with a comma isn't shown as a name`(_ properties: String) async {
        let run = await ProgramRun(["relay"] + mesh + ["--kafka-properties", properties])
        #expect(run.exit == .usage)
        #expect(run.error.contains("Kafka's client doesn't know one of the properties"))
        #expect(!run.error.lowercased().contains("ter2"))
    }

    @Test(arguments: [#"{"sasl.password":"hunter2""#, #"{"sasl.password":["hunter2"]}"#])
    func `an object that isn't one isn't taken for no properties`(_ properties: String) async {
        let run = await ProgramRun(["relay"] + mesh, environment: ["WASMESH_KAFKA_PROPERTIES": properties])
        #expect(run.exit == .usage)
        #expect(run.error.contains("WASMESH_KAFKA_PROPERTIES: it begins as a JSON object"), "\(run.error)")
        #expect(!run.error.contains("hunter2"))
    }
}
