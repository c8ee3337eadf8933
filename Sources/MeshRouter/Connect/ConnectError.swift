package import MeshCore

/// An error as a Connect client sees it, with the mesh's own error inside.
///
/// The body is the protocol's `{"code", "message", "details"}`. Two readers want more: a Connect client unpacks `details`,
/// whose one entry is a `google.rpc.ErrorInfo` (reason: the mesh's code); a human with curl reads the member `mesh`, the
/// mesh's error as every other surface shows it. The protocol has clients ignore members they don't know.
package struct ConnectError: Error, Sendable, Equatable {
    package var code: ConnectCode
    package var error: MeshError
    /// The answer's status: the code's, save for refusals by content type and by HTTP method (415, 405).
    package var status: Int
    /// Headers the status asks for, such as `Allow`.
    package var headers: [HeaderField]

    package init(_ error: MeshError, code: ConnectCode? = nil, status: Int? = nil, headers: [HeaderField] = []) {
        self.code = code ?? ConnectCode(error.code)
        self.error = error
        self.status = status ?? self.code.httpStatus
        self.headers = headers
    }
}

/// A header of an answer.
package struct HeaderField: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension ConnectError {
    /// The body of the answer.
    package var json: String {
        let info = errorInfo
        var text = "{\"code\":\"\(code.rawValue)\",\"message\":"
        JSONText.appendString(error.message, to: &text)
        text +=
            ",\"details\":[{\"type\":\"\(ErrorInfo.typeName)\",\"value\":\"\(Base64.encodeUnpadded(info.protobuf))\""
        text += ",\"debug\":\(info.json)}],\"mesh\":\(error.json)}"
        return text
    }

    private var errorInfo: ErrorInfo {
        var metadata = [("retryable", String(error.retryable)), ("timestamp", error.timestamp.iso8601)]
        if error.applicationCode != nil { metadata.append(("class", error.code.rawValue)) }
        if let details = error.details { metadata.append(("details", details)) }
        return ErrorInfo(reason: error.applicationCode ?? error.code.rawValue, domain: "wasmesh", metadata: metadata)
    }
}
