import Kafka

@testable import WasmWorker

/// Where logs begin and end, over the network.
///
/// Unchecked: there is one thread.
struct SimLogEnds: LogEnds, @unchecked Sendable {
    let process: SimProcess
    let broker: SimBroker

    func watermarks(_ partition: TopicPartition) async throws(KafkaError) -> Watermarks {
        let result: Result<Watermarks, KafkaError> = await withUnsafeContinuation { continuation in
            let world = broker.world
            world.after(world.duration(200...4000), process) {
                if broker.isAway {
                    world.after(500_000, process) {
                        continuation.resume(returning: .failure(KafkaError(.timedOut, "the broker doesn't answer")))
                    }
                } else if let end = broker.end(of: partition) {
                    continuation.resume(returning: .success(Watermarks(low: 0, high: end)))
                } else {
                    let error = KafkaError(.unknownTopicOrPartition, "there is no \(partition)")
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
