import MeshCore

/// The body of a request as its sender meant it.
enum RequestBody {
    enum Encoding: Sendable, Equatable {
        case identity
        case gzip
    }

    /// What a `Content-Encoding` header says; what isn't spoken here is `unimplemented`, as the Connect protocol has it.
    static func encoding(_ header: String?) throws(ConnectError) -> Encoding {
        switch header?.trimmed.lowercased() ?? "" {
        case "", "identity": return .identity
        case "gzip": return .gzip
        case let other:
            throw ConnectError(
                MeshError(
                    .invalidRequest,
                    "content encoding '\(other.shortened)' isn't supported; send the body as it is (identity), or with gzip"
                ),
                code: .unimplemented, headers: [HeaderField("Accept-Encoding", "gzip, identity")])
        }
    }

    /// The body without its encoding; `limit` holds for what comes out.
    static func decoded(_ body: [UInt8], _ header: String?, limit: Int) throws(ConnectError) -> [UInt8] {
        switch try encoding(header) {
        case .identity: return body
        case .gzip:
            do throws(Gzip.Failure) {
                return try Gzip.decompress(body, limit: limit)
            } catch {
                throw refused(error, limit)
            }
        }
    }

    private static func refused(_ failure: Gzip.Failure, _ limit: Int) -> ConnectError {
        switch failure {
        case .malformed(let reason):
            ConnectError(MeshError(.invalidRequest, "the body isn't gzip as Content-Encoding says: \(reason)"))
        case .tooLarge:
            ConnectError(
                MeshError(.resourceExhausted, "the body exceeds the limit of \(limit) bytes when it is decompressed"),
                status: 413)
        }
    }
}
