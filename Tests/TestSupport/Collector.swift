internal import Synchronization

/// Gathers what callbacks deliver on other threads, for a test to wait for.
package final class Collector<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    package init() {}

    package func append(_ element: Element) { elements.withLock { $0.append(element) } }

    package func append(contentsOf more: some Sequence<Element> & Sendable) {
        elements.withLock { $0.append(contentsOf: more) }
    }

    /// What has come so far.
    package var all: [Element] { elements.withLock { $0 } }

    package var count: Int { elements.withLock { $0.count } }

    /// Waits until at least `count` have come, and returns all of them.
    @discardableResult
    package func wait(
        for count: Int, within limit: Duration = .seconds(20), file: String = #fileID, line: Int = #line
    ) async throws -> [Element] {
        try await eventually("\(count) elements, got \(self.count)", within: limit, file: file, line: line) {
            self.count >= count
        }
        return all
    }
}
