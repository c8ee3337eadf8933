/// What is known of a request before its body is read.
package struct HTTPRequestHead: Sendable {
    /// Still percent-encoded, without the query.
    package var rawPath: String
    package var headers: HTTPHeaders
}
