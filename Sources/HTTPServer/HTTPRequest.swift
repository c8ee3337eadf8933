/// A complete request.
package struct HTTPRequest: Sendable {
    /// A name and a value of the query, both decoded.
    package struct QueryItem: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    /// `GET`, `POST`, …
    package var method: String
    /// The path as it came, still percent-encoded, without the query.
    package var rawPath: String
    /// The path, decoded.
    package var path: String
    /// The path's segments, each decoded after the path was split, so that an encoded slash stays within its segment.
    package var segments: [String]
    package var query: [QueryItem]
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// The client's address, without port.
    package var remoteAddress: String
    /// What the router found for the `{name}` segments of its pattern.
    package var parameters: [String: String] = [:]

    package init(
        method: String, path rawPath: String, query: [QueryItem] = [], headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8] = [], remoteAddress: String = ""
    ) throws(HTTPServerError) {
        guard let segments = PercentEncoding.segments(of: rawPath), let path = PercentEncoding.decode(rawPath[...])
        else {
            throw HTTPServerError("the path is not valid: a broken percent escape, invalid UTF-8 or a zero byte")
        }
        self.method = method
        self.rawPath = rawPath
        self.path = path
        self.segments = segments
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// The first value of a query name.
    package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
