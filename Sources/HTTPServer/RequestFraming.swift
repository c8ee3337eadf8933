/// Refuses requests that a proxy in front might cut in another place than we do (request smuggling; RFC 9112 §6.1, §6.3 and §11.2).
///
/// libmicrohttpd is generous here: of two lengths it takes the first, and beside `Transfer-Encoding` it ignores the length.
enum RequestFraming {
    /// What is wrong with a request's header fields; nil where there is one way to read them.
    static func problem(_ headers: HTTPHeaders) -> String? {
        var lengths: [String] = []
        var encodings: [String] = []
        var hosts = 0
        for field in headers.fields {
            guard field.hasValidName else { return "a header field's name has characters that no name has" }
            guard field.hasValidValue else { return "the header field \(field.name) has a control character" }
            switch field.name.utf8.count {
            case 4 where isSame(field.name, "host"): hosts += 1
            case 14 where isSame(field.name, "content-length"): lengths.append(field.value)
            case 17 where isSame(field.name, "transfer-encoding"): encodings.append(field.value)
            default: break
            }
        }
        if hosts > 1 { return "the header field Host is given \(hosts) times" }
        if lengths.count > 1 { return "the header field Content-Length is given \(lengths.count) times" }
        if let length = lengths.first, !(1...19).contains(length.utf8.count) || !length.utf8.allSatisfy(isDigit) {
            return "the header field Content-Length isn't a number"
        }
        guard let encoding = encodings.first else { return nil }
        if encodings.count > 1 || !isSame(encoding, "chunked") {
            return "the only Transfer-Encoding that is read here is chunked, given once"
        }
        return lengths.isEmpty ? nil : "Content-Length and Transfer-Encoding exclude each other"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isSame(_ text: String, _ lowercase: String) -> Bool {
        text.utf8.count == lowercase.utf8.count
            && zip(text.utf8, lowercase.utf8).allSatisfy { $0 == $1 || ($0 | 0x20 == $1 && $1 >= UInt8(ascii: "a")) }
    }
}
