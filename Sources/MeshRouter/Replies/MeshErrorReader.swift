package import MeshCore

/// Reads a `MeshError` back from its JSON.
package enum MeshErrorReader {
    /// The error that `json` stands for; what can't be read becomes an internal error that says so.
    ///
    /// A code that isn't one of the mesh's is a guest's own: it is kept, and `class` says what it stands for.
    package static func read(_ json: [UInt8]) -> MeshError {
        var code: String?
        var named: String?
        var message: String?
        var details: String?
        var retryable = false
        var timestamp: Timestamp?
        do {
            // The details alone are nested as deep as any value.
            var cursor = try JSONCursor(json, depthLimit: JSONCursor.maximumDepth + 1)
            try cursor.object { (name, cursor) throws(JSONCursor.Failure) in
                switch name {
                case "code": code = try cursor.string()
                case "class": named = try cursor.string()
                case "message": message = try cursor.string()
                case "details":
                    let text = String(decoding: cursor.bytes[try cursor.value()], as: UTF8.self)
                    details = text == "null" ? nil : text
                case "retryable": retryable = try cursor.boolean()
                case "timestamp": timestamp = Timestamp(iso8601: try cursor.string())
                default: _ = try cursor.value()
                }
            }
        } catch {
            return MeshError(.internalError, "the call failed with an error that can't be read: \(error)")
        }
        guard let code else { return MeshError(.internalError, "the call failed with an error without a code") }
        let known = ErrorCode(rawValue: code)
        return MeshError(
            known ?? named.flatMap(ErrorCode.init) ?? .failedPrecondition, message ?? "", details: details,
            retryable: retryable,
            timestamp: timestamp ?? .now, applicationCode: known == nil ? code : nil)
    }
}
