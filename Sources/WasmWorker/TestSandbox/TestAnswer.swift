import MeshCore
import Wasm

/// A JSON object under way to a test. What is JSON itself (arguments, states) travels as text within it.
struct TestAnswer {
    private(set) var text: String

    init(_ name: String, _ value: String) { text = "{\(JSONText.string(name)):\(JSONText.string(value))" }

    func with(_ name: String, _ value: String?) -> TestAnswer {
        adding(name, value.map { JSONText.string($0) } ?? "null")
    }

    func with(_ name: String, _ value: [UInt8]?) -> TestAnswer {
        with(name, value.map { String(decoding: $0, as: UTF8.self) })
    }

    func with(_ name: String, _ value: Int32) -> TestAnswer { adding(name, String(value)) }

    func with(_ name: String, _ values: [Int32]) -> TestAnswer {
        adding(name, "[\(values.map(String.init).joined(separator: ","))]")
    }

    /// What the guest logged, as a list of pairs.
    func with(logs: [GuestLogLine]) -> TestAnswer {
        adding(
            "logs", "[\(logs.map { "[\($0.level.rawValue),\(JSONText.string($0.text))]" }.joined(separator: ","))]")
    }

    func with(messages: [GuestMessage]) -> TestAnswer {
        let list = messages.map { message in
            TestAnswer("kind", message.kind == .emit ? "emit" : "send").with("name", message.name)
                .with("key", message.key).with("data", message.data).text + "}"
        }
        return adding("messages", "[\(list.joined(separator: ","))]")
    }

    func with(_ error: MeshError) -> TestAnswer { adding("error", error.json) }

    private func adding(_ name: String, _ json: String) -> TestAnswer {
        var answer = self
        answer.text += ",\(JSONText.string(name)):\(json)"
        return answer
    }
}
