internal import Foundation
internal import Kafka
internal import MeshCore

/// Waits until the services in force have taken all events that are in their topics now.
///
/// Events that nobody listens to are nowhere but in the embedded broker: until whoever is away has come back and caught up, it may not be killed.
struct CatchUp: Sendable {
    let stage: Stage

    /// Throws where that isn't so within `limit`.
    func wait(within limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        var behind: [String] = []
        var ends: [TopicPartition: Int64]?
        while ContinuousClock.now < deadline {
            if ends == nil { ends = try? await logEnds() }
            if let ends, let positions = try? await positions() {
                behind = positions.compactMap { place, offset in
                    guard let end = ends[place.partition], offset < end else { return nil }
                    return "\(place.service) in \(place.partition): \(offset) of \(end)"
                }
                if behind.isEmpty { return }
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw ChaosFailure("not caught up within \(limit.text): \(behind.sorted().prefix(5))")
    }

    private struct Place: Hashable {
        var service: String
        var partition: TopicPartition
    }

    /// Where each topic of events ends that somebody in force hears; throws where one isn't there yet.
    private func logEnds() async throws -> [TopicPartition: Int64] {
        let topics = try await Psql.rows(
            stage.database, "SELECT DISTINCT topic FROM mesh.route WHERE kind = 'handler'")
        let admin = try KafkaAdmin(stage.kafka, timeout: .seconds(2))
        do {
            var ends: [TopicPartition: Int64] = [:]
            for topic in topics.compactMap(\.first).map(String.init) {
                for number in 0..<stage.options.partitions {
                    let partition = TopicPartition(topic, number)
                    ends[partition] = try await admin.watermarks(partition).high
                }
            }
            await admin.close()
            return ends
        } catch {
            await admin.close()
            throw error
        }
    }

    /// How far each service has come; 0 where it hasn't begun.
    private func positions() async throws -> [Place: Int64] {
        let rows = try await Psql.rows(
            stage.database,
            """
            SELECT r.service, r.topic, n, coalesce(p.next_offset, 0)
            FROM (SELECT DISTINCT service, topic FROM mesh.route WHERE kind = 'handler') r
                CROSS JOIN generate_series(0, \(stage.options.partitions - 1)) n
                LEFT JOIN mesh.position p ON p.consumer_group = r.service AND p.topic = r.topic AND p.partition = n
            """)
        return Dictionary(
            rows.map { row in
                let partition = TopicPartition(String(row[1]), Int32(row[2]) ?? -1)
                return (Place(service: String(row[0]), partition: partition), Int64(row[3]) ?? -1)
            }, uniquingKeysWith: { $1 })
    }
}
