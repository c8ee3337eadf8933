import CCurl

/// A URL as libcurl reads it: where a request to it really goes.
package struct CurlURL: Sendable, Equatable {
    package var scheme: String
    /// Numbers that stand for an address are written out as one.
    package var host: String
    package var port: Int
    /// Without steps of dots.
    package var path: String

    /// Nil where libcurl refuses it.
    package init?(_ text: String) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK,
            let scheme = CurlURL.part(CURLUPART_SCHEME, of: handle),
            let host = CurlURL.part(CURLUPART_HOST, of: handle),
            let port = CurlURL.part(CURLUPART_PORT, of: handle, CurlURL.standardPort).flatMap({ Int($0) }),
            let path = CurlURL.part(CURLUPART_PATH, of: handle)
        else { return nil }
        (self.scheme, self.host, self.port, self.path) = (scheme.lowercased(), host.lowercased(), port, path)
    }

    private static let standardPort = UInt32(1 << 0)

    private static func part(_ part: CURLUPart, of handle: OpaquePointer, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
