/// A request as the router's endpoints see it, whichever server took it in.
package struct RouterRequest: Sendable {
    /// `POST`.
    package var method: String
    /// Without the query, percent-decoded: `/shop.Orders/place`.
    package var path: String
    package var query: [String: String]
    /// In any case; the last one counts.
    package var headers: [HeaderField]
    package var body: [UInt8]

    package init(
        method: String, path: String, query: [String: String] = [:], headers: [HeaderField] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The value of a header field, by its name in any case.
    package func header(_ name: String) -> String? {
        headers.last { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name.lowercased() }?.value
    }
}
