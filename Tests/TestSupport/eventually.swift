/// What a test waited for in vain.
package struct NeverHappened: Error, CustomStringConvertible {
    package var description: String
}

/// Waits until `condition` holds, and fails with what was awaited when `limit` passes first.
package func eventually(
    _ what: @autoclosure () -> String = "the awaited condition", within limit: Duration = .seconds(10),
    file: String = #fileID, line: Int = #line, _ condition: () async throws -> Bool
) async throws {
    _ = try await eventually(what(), within: limit, file: file, line: line) {
        try await condition() ? () : nil
    }
}

/// Waits until `value` gives something, and fails with what was awaited when `limit` passes first.
package func eventually<Value>(
    _ what: @autoclosure () -> String = "the awaited value", within limit: Duration = .seconds(10),
    file: String = #fileID, line: Int = #line, _ value: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let found = try await value() { return found }
        guard ContinuousClock.now < deadline else {
            throw NeverHappened(description: "\(file):\(line): \(what()) did not happen within \(limit)")
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
