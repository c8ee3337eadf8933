import MeshCore

/// An entry of a journal as `GET …/journal` shows it.
struct JournalLine: Sendable {
    let seq: Int64
    let run: Int
    let kind: String
    let op: Int
    let name: String
    let label: String?
    let key: String?
    let request: JSONNode?
    let result: JSONNode?
    let details: JSONNode?
    let due: Timestamp?
    let attempt: Int
    let at: Timestamp

    init?(_ node: JSONNode) {
        guard let seq = Int64(node.text("seq")), let at = Timestamp(iso8601: node.text("at")) else { return nil }
        self.seq = seq
        self.at = at
        run = Int(node.text("run")) ?? 1
        kind = node.text("kind")
        op = Int(node.text("op")) ?? 0
        name = node.text("name")
        label = node["label"]?.text
        key = node["key"]?.text
        request = node["request"]
        result = node["result"]
        details = node["details"]
        due = Timestamp(iso8601: node.text("due"))
        attempt = Int(node.text("attempt")) ?? 1
    }

    /// `CODE: message` of an entry whose result is an error.
    var error: String {
        guard let result else { return "" }
        return [result.text("code"), result.text("message")].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
