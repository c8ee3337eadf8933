import MeshCore

/// `google.rpc.ErrorInfo`, the standard error detail of the gRPC family, so that typed clients need no message of ours.
struct ErrorInfo {
    static let typeName = "google.rpc.ErrorInfo"

    var reason: String
    var domain: String
    /// A map; names are unique.
    var metadata: [(String, String)]

    /// The message in protobuf's binary form: `reason = 1, domain = 2, map<string, string> metadata = 3`.
    var protobuf: [UInt8] {
        var bytes: [UInt8] = []
        ErrorInfo.append(field: 1, Array(reason.utf8), to: &bytes)
        ErrorInfo.append(field: 2, Array(domain.utf8), to: &bytes)
        for (name, value) in metadata {
            var entry: [UInt8] = []
            append(name, value, to: &entry)
            ErrorInfo.append(field: 3, entry, to: &bytes)
        }
        return bytes
    }

    /// The message in protobuf's JSON form.
    var json: String {
        var text = "{\"reason\":\(JSONText.string(reason)),\"domain\":\(JSONText.string(domain)),\"metadata\":{"
        for (index, (name, value)) in metadata.enumerated() {
            if index > 0 { text += "," }
            text += "\(JSONText.string(name)):\(JSONText.string(value))"
        }
        return text + "}}"
    }

    private func append(_ name: String, _ value: String, to entry: inout [UInt8]) {
        ErrorInfo.append(field: 1, Array(name.utf8), to: &entry)
        ErrorInfo.append(field: 2, Array(value.utf8), to: &entry)
    }

    /// Appends a length-delimited field (wire type 2).
    private static func append(field: UInt8, _ content: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(field << 3 | 2)
        var length = content.count
        while length >= 0x80 {
            bytes.append(UInt8(length & 0x7F) | 0x80)
            length >>= 7
        }
        bytes.append(UInt8(length))
        bytes += content
    }
}
