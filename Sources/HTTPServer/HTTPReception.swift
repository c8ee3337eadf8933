import CMicroHTTPD
import Glibc
import MeshCore

/// The steps of a request on the daemon's thread.
struct HTTPReception {
    private let connection: OpaquePointer
    private let exchanges: HTTPExchanges
    private let peer: HTTPConnection?

    init(_ connection: OpaquePointer, _ exchanges: HTTPExchanges) {
        self.connection = connection
        self.exchanges = exchanges
        peer = wasmesh_http_socket_context(connection).map {
            Unmanaged<HTTPConnection>.fromOpaque($0).takeUnretainedValue()
        }
    }

    /// The headers are here: refuses what is too large, or could be taken for something else, before any of the body is read.
    func begin(_ exchange: HTTPExchange) -> MHD_Result {
        let bodyLimit = exchange.bodyLimit
        peer?.expect(within: exchanges.configuration.bodyTimeout)
        if wasmesh_http_header_size(connection) > exchanges.configuration.maxHeaderBytes {
            peer?.refuse()
            return answer(refusal(exchange, 431, "the headers exceed \(exchanges.configuration.maxHeaderBytes) bytes"))
        }
        // As they were sent: what libmicrohttpd made of the framing ones it made of that.
        let sent = headers()
        exchange.headers = sent.withoutTrailingSpace
        if let problem = RequestFraming.problem(sent) {
            // Nobody knows where the next request would begin.
            peer?.refuse()
            var response = refusal(exchange, 400, problem)
            response.headers.set("Connection", "close")
            return answer(response)
        }
        if let count = exchange.headers["Content-Length"].flatMap({ UInt64($0) }), count > UInt64(bodyLimit) {
            peer?.refuse()
            return answer(tooLarge(exchange))
        }
        let head = HTTPRequestHead(rawPath: exchange.rawPath, headers: exchange.headers)
        if let admission = exchanges.configuration.admission(head) {
            peer?.expect(within: nil)
            exchange.ask(admission)
        }
        return .YES
    }

    /// The request wasn't let in; its body may be on its way.
    func refuse(_ response: HTTPResponse) -> MHD_Result {
        peer?.refuse()
        return answer(response)
    }

    /// The request was let in: now its body is due.
    func readBody() -> MHD_Result {
        peer?.expect(within: exchanges.configuration.bodyTimeout)
        return .YES
    }

    /// The request is complete: reads what libmicrohttpd knows about it and starts the handler.
    func dispatch(_ exchange: HTTPExchange, _ method: String) -> MHD_Result {
        let request: HTTPRequest
        do throws(HTTPServerError) {
            request = try HTTPRequest(
                method: method, path: exchange.rawPath, query: try query(),
                headers: exchange.headers,
                body: exchange.body, remoteAddress: peer?.remoteAddress ?? "")
        } catch {
            return answer(refusal(exchange, 400, "\(error)"))
        }
        peer?.expect(within: nil)
        exchange.start(request)
        return .YES
    }

    /// Sends an answer.
    func answer(_ response: HTTPResponse) -> MHD_Result {
        peer?.expect(within: exchanges.configuration.bodyTimeout + exchanges.configuration.idleTimeout)
        let made = response.body.withUnsafeBytes { body in
            MHD_create_response_from_buffer(
                body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
        }
        guard let made else { return .NO }
        defer { MHD_destroy_response(made) }
        for field in response.headers.fields where MHD_add_response_header(made, field.name, field.value) == .NO {
            HTTPServer.log.warning("an answer's header field was refused", ["name": field.name])
        }
        if exchanges.isDraining { _ = MHD_add_response_header(made, MHD_HTTP_HEADER_CONNECTION, "close") }
        return MHD_queue_response(connection, UInt32(clamping: response.status), made)
    }

    /// A body can't be taken any further. libmicrohttpd can't answer in the middle of a body, so the answer is written past it, and the connection is closed.
    func refuseBodyInTheMiddle(_ reason: HTTPExchange.Refusal, of exchange: HTTPExchange) -> MHD_Result {
        let (line, response) =
            switch reason {
            case .tooLarge: ("413 Content Too Large", tooLarge(exchange))
            case .overloaded:
                ("503 Service Unavailable", refusal(exchange, 503, "too many request bodies at once; try again later"))
            }
        var text = "HTTP/1.1 \(line)\r\nConnection: close\r\n"
        for field in response.headers.fields { text += "\(field.name): \(field.value)\r\n" }
        text += "Content-Length: \(response.body.count)\r\n\r\n"
        let bytes = Array(text.utf8) + response.body
        peer?.refuse()
        send(wasmesh_http_socket(connection), bytes, bytes.count, Int32(MSG_NOSIGNAL))
        return .NO
    }

    private func tooLarge(_ exchange: HTTPExchange) -> HTTPResponse {
        refusal(exchange, 413, "the body exceeds the limit of \(exchange.bodyLimit) bytes")
    }

    private func refusal(_ exchange: HTTPExchange, _ status: Int, _ message: String) -> HTTPResponse {
        exchanges.configuration.refusal(exchange.rawPath, status, message)
    }
}

// MARK: Reading the request

extension HTTPReception {
    private final class Fields {
        var list: [(name: String, value: String)] = []
    }

    private func values(_ kind: MHD_ValueKind) -> [(name: String, value: String)] {
        let fields = Fields()
        // With their lengths: a zero byte ends no field, and `RequestFraming` refuses it.
        MHD_get_connection_values_n(
            connection, kind,
            { context, _, name, nameLength, value, valueLength in
                guard let context, let name else { return .YES }
                Unmanaged<Fields>.fromOpaque(context).takeUnretainedValue().list.append(
                    (HTTPReception.text(name, nameLength), value.map { HTTPReception.text($0, valueLength) } ?? ""))
                return .YES
            }, Unmanaged.passUnretained(fields).toOpaque())
        return fields.list
    }

    private static func text(_ start: UnsafePointer<CChar>, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }

    private func headers() -> HTTPHeaders {
        var headers = HTTPHeaders()
        for (name, value) in values(.HEADER_KIND) { headers.add(name, value) }
        return headers
    }

    private func query() throws(HTTPServerError) -> [HTTPRequest.QueryItem] {
        var items: [HTTPRequest.QueryItem] = []
        for (name, value) in values(.GET_ARGUMENT_KIND) {
            guard let name = PercentEncoding.decode(name[...]), let value = PercentEncoding.decode(value[...]) else {
                throw HTTPServerError("the query is not valid: a broken percent escape, invalid UTF-8 or a zero byte")
            }
            items.append(HTTPRequest.QueryItem(name: name, value: value))
        }
        return items
    }

    /// The path of a request target in absolute form (`http://host/path`, RFC 9112 §3.2.2).
    static func withoutAuthority(_ target: String) -> String {
        guard target.hasPrefix("http://") || target.hasPrefix("https://") else { return target }
        let rest = target.drop { $0 != ":" }.dropFirst(3)
        let path = rest.drop { $0 != "/" }
        return path.isEmpty ? "/" : String(path)
    }

    static func remoteAddress(_ connection: OpaquePointer) -> String {
        guard let address = wasmesh_http_peer(connection) else { return "" }
        let length =
            address.pointee.sa_family == sa_family_t(AF_INET6)
            ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { host in
            guard
                getnameinfo(
                    address, socklen_t(length), host.baseAddress, socklen_t(NI_MAXHOST), nil, 0, NI_NUMERICHOST) == 0,
                let text = host.baseAddress
            else { return "" }
            return String(cString: text)
        }
    }
}
