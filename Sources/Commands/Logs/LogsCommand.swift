import Foundation
import MeshCore

/// `wasmesh logs`
enum LogsCommand: Command {
    private static let follow = Option<Bool>.flag("follow", short: "f", "Goes on as lines come, until Ctrl-C.")
    private static let lines = Option<Int>(
        "lines", short: "n", "N", "How many messages of the past.", default: 100, limit: Settings.range(0...1_000_000))

    static let description = CommandDescription(
        "logs", "shows the log of the development mesh, guests' lines included",
        discussion: """
            `wasmesh dev` writes it to .wasmesh/dev/mesh.log. Router, worker and relay in production write JSON lines to
            standard error, for the platform's log collector.
            """,
        arguments: [Argument("WORD", .many, "Only messages with all these words, such as a service's name.")],
        options: [follow.description, lines.description])

    /// Where `wasmesh dev` writes, relative to the project.
    static let path = ".wasmesh/dev/mesh.log"

    static func run(_ invocation: Invocation) async throws {
        let file = ProjectDirectory.andAbove(invocation.directory).map { $0 + "/" + path }
            .first { FileManager.default.fileExists(atPath: $0) }
        guard let file else {
            throw CommandFailure(.failure, "there is no \(path) here", hint: "`wasmesh dev` writes it")
        }
        let matches: (String) -> Bool = { line in invocation.arguments.allSatisfy { line.contains($0) } }
        do {
            var log = try GrowingFile(file)
            defer { log.close() }
            var rest = show(try log.news(), matches, last: try invocation.value(lines), invocation)
            // A full disk, or a reader that has gone, stays so.
            while invocation.has(follow), invocation.output.problem == nil {
                try await Task.sleep(for: .milliseconds(200))
                rest = show(rest + (try log.news()), matches, last: .max, invocation)
            }
        } catch let error as FileContent.Unreadable {
            throw CommandFailure.usage("cannot read \(path): \(error.reason)", hint: "`wasmesh dev` writes it")
        }
    }

    /// Prints the messages in `data` that match, and returns what follows the last newline.
    private static func show(
        _ data: [UInt8], _ matches: (String) -> Bool, last: Int, _ invocation: Invocation
    ) -> [UInt8] {
        guard let end = data.lastIndex(of: UInt8(ascii: "\n")) else { return data }
        let text = String(decoding: data[..<end], as: UTF8.self)
        for message in messages(text).filter(matches).suffix(last) {
            invocation.output.line(invocation.output.isJSON ? "{\"line\":\(JSONText.string(message))}" : message)
        }
        return Array(data[(end + 1)...])
    }

    /// The messages of a log, each with the lines that go on with it (`LogText`): its fields stand at the end of the last one.
    private static func messages(_ text: String) -> [String] {
        var messages: [String] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix(LogText.continuation), let last = messages.indices.last {
                messages[last] += "\n" + line
            } else {
                messages.append(String(line))
            }
        }
        return messages
    }
}
