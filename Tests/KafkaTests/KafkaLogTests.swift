import MeshCore
import Testing

@testable import Kafka

@Suite struct KafkaLogTests {
    @Test func `a topic that isn't there yet is no error, for the consumer waits for it`() {
        let absent = KafkaError(.unknownTopicOrPartition, "Subscribed topic not available: t")
        #expect(KafkaLog.level(of: absent) == .warning)
        #expect(KafkaLog.remark(on: absent).contains("as soon as it is there"))
        #expect(KafkaLog.level(of: KafkaError(.offsetOutOfRange, "gone")) == .error)
    }

    @Test func `of one kind one line a minute is written, which tells how many were kept back`() {
        let start = ContinuousClock.now
        let kind = "test-\(UInt32.random(in: .min ... .max))"
        #expect(KafkaLog.admit(kind, at: start) == 0)
        for second in 1..<60 { #expect(KafkaLog.admit(kind, at: start + .seconds(second)) == nil) }
        #expect(KafkaLog.admit(kind + "-other", at: start + .seconds(30)) == 0)
        #expect(KafkaLog.admit(kind, at: start + .seconds(60)) == 59)
        #expect(KafkaLog.admit(kind, at: start + .seconds(61)) == nil)
        #expect(KafkaLog.admit(kind, at: start + .seconds(120)) == 1)
    }
}
