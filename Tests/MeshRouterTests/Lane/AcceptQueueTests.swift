import TestSupport
import Testing

@testable import MeshRouter

@Suite struct AcceptQueueTests {
    @Test func `batches keep the order and their bounds, and nothing is lost`() {
        var seed = Seed()
        for _ in 0..<200 {
            let bounds = AcceptQueue<Int>.Bounds(messages: 50, bytes: 500, batchMessages: 10, batchBytes: 100)
            var queue = AcceptQueue<Int>(bounds)
            var sizes: [(messages: Int, bytes: Int)] = []
            var expected: [Int] = []
            var taken: [Int] = []
            for _ in 0..<60 {
                if seed.chance(0.7) {
                    let size = (messages: seed.integer(in: 1...12), bytes: seed.integer(in: 1...120))
                    let hadRoom = queue.messages + size.messages <= 50 && queue.bytes + size.bytes <= 500
                    let isIn = queue.append(sizes.count, messages: size.messages, bytes: size.bytes)
                    #expect(isIn == hadRoom)
                    if isIn { expected.append(sizes.count) }
                    sizes.append(size)
                } else if seed.chance(0.2) {
                    let removed = queue.remove { $0 % 3 == 0 }
                    expected.removeAll(where: removed.contains)
                } else {
                    let batch = queue.takeBatch()
                    let fits =
                        batch.reduce(0) { $0 + sizes[$1].messages } <= 10
                        && batch.reduce(0) { $0 + sizes[$1].bytes } <= 100
                    #expect(fits || batch.count == 1)
                    taken += batch
                }
            }
            while !queue.isEmpty { taken += queue.takeBatch() }
            #expect(taken == expected)
            #expect(queue.messages == 0 && queue.bytes == 0)
            #expect(queue.takeBatch().isEmpty)
        }
    }
}
