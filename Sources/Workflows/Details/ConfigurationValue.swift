import MeshCore
import Wasm

/// A configuration value in the journal: `{"value":"…"}`, nothing where there was none.
enum ConfigurationValue {
    static func json(_ value: String?) -> [UInt8]? { value.map { Array("{\"value\":\(JSONText.string($0))}".utf8) } }

    static func read(_ json: [UInt8]?) -> String? { json.flatMap { JSONMembers($0)?.string("value") } }
}
