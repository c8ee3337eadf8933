import Testing

@testable import MeshRouter

@Suite struct ReplyComplaintTests {
    /// What is told of these problems, in their order.
    private func told(_ problems: [(text: String, isExpected: Bool)]) -> [Bool] {
        var complaint = ReplyComplaint()
        return problems.map { complaint.isNews($0.text, isExpected: $0.isExpected) }
    }

    @Test func `a problem is told once, and again after another one`() {
        let problems = ["Postgres is away", "Postgres is away", "Kafka is away", "Postgres is away"]
        #expect(told(problems.map { ($0, false) }) == [true, false, true, true])
    }

    @Test func `what a start has by itself isn't told, unless it lasts`() {
        let missing = "the topic isn't ready"
        #expect(
            told([(missing, true), (missing, true), (missing, false), (missing, false)]) == [false, false, true, false])
    }
}
