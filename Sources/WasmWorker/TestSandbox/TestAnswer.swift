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

    /// How long after `now` a call is to be sent, in microseconds; nothing where it is sent at once.
    func with(due: Timestamp?, at now: Timestamp) -> TestAnswer {
        due.map { adding("delay", String($0.microseconds - now.microseconds)) } ?? self
    }

    func with(messages: [GuestMessage], at now: Timestamp) -> TestAnswer {
        let list = messages.map { message in
            TestAnswer("kind", message.kind == .emit ? "emit" : "send").with("name", message.name)
                .with("key", message.key).with("data", message.data).with(due: message.due, at: now).text + "}"
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
