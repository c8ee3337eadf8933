import CCurl
import Glibc
import Synchronization

/// One request by libcurl's easy interface; blocks the thread it runs on.
final class CurlTransfer {
    /// Asks a running transfer to end.
    final class Stop: Sendable {
        private let isRequested = Atomic<Bool>(false)
        func request() { isRequested.store(true, ordering: .relaxed) }
        var wasRequested: Bool { isRequested.load(ordering: .relaxed) }
    }

    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Of an answer, those of `100 Continue` and the like included.
    private static let maxHeaderBytes = 256 << 10

    private let stop: Stop
    private let maxBodyBytes: Int
    private var body: [UInt8] = []
    private var headers = HTTPHeaders()
    private var headerBytes = 0
    private var isTooLarge = false

    private init(_ stop: Stop, _ maxBodyBytes: Int) {
        self.stop = stop
        self.maxBodyBytes = maxBodyBytes
    }

    static func run(
        _ method: String, _ url: String, _ headers: HTTPHeaders, _ body: [UInt8]?, _ timeout: Duration,
        _ maxBodyBytes: Int, _ stop: Stop
    ) -> Result<HTTPClient.Response, HTTPClientError> {
        guard isReady, let handle = curl_easy_init() else {
            return .failure(HTTPClientError(.failed, "libcurl could not be initialised"))
        }
        defer { curl_easy_cleanup(handle) }
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        for field in headers.fields {
            // A field without a value must be written with a semicolon, or libcurl leaves it out.
            list = curl_slist_append(list, field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // No waiting for `100 Continue`, which some servers never send.
        if headers["Expect"] == nil { list = curl_slist_append(list, "Expect:") }
        // libcurl would call any body a form.
        if body != nil, headers["Content-Type"] == nil { list = curl_slist_append(list, "Content-Type:") }
        let transfer = CurlTransfer(stop, maxBodyBytes)
        return withExtendedLifetime(transfer) {
            transfer.prepare(handle, method, url, UnsafePointer(list), timeout)
            let code = transfer.perform(handle, method, body)
            return transfer.outcome(handle, code, method, url, timeout)
        }
    }

    private func prepare(
        _ handle: UnsafeMutableRawPointer, _ method: String, _ url: String, _ headers: UnsafePointer<curl_slist>?,
        _ timeout: Duration
    ) {
        wasmesh_curl_set_string(handle, CURLOPT_URL, url)
        // A key may be `..`, and is no step upwards.
        wasmesh_curl_set_long(handle, CURLOPT_PATH_AS_IS, 1)
        wasmesh_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        // A proxy from the environment is for the world outside, never for this machine.
        let exceptions = (getenv("no_proxy") ?? getenv("NO_PROXY")).map { String(cString: $0) + "," } ?? ""
        wasmesh_curl_set_string(handle, CURLOPT_NOPROXY, exceptions + "localhost,127.0.0.1,::1")
        if method == "HEAD" {
            wasmesh_curl_set_long(handle, CURLOPT_NOBODY, 1)
        } else {
            wasmesh_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, method)
        }
        wasmesh_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers)
        wasmesh_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        wasmesh_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Int(max(1, timeout.milliseconds)))
        let context = Unmanaged.passUnretained(self).toOpaque()
        wasmesh_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        wasmesh_curl_set_sink(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        wasmesh_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        wasmesh_curl_set_sink(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.take(header: line) ? size * count : 0
        }
        wasmesh_curl_set_progress(handle, context) { context, _, _, _, _ in
            guard let context else { return 0 }
            return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().stop.wasRequested ? 1 : 0
        }
    }

    private func perform(_ handle: UnsafeMutableRawPointer, _ method: String, _ body: [UInt8]?) -> CURLcode {
        guard let body else { return curl_easy_perform(handle) }
        return body.withUnsafeBytes { bytes in
            wasmesh_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
            // An empty body has no address; libcurl would then read one from standard input.
            guard let start = bytes.baseAddress, bytes.count > 0 else {
                wasmesh_curl_set_string(handle, CURLOPT_COPYPOSTFIELDS, "")
                return curl_easy_perform(handle)
            }
            wasmesh_curl_set_pointer(handle, CURLOPT_POSTFIELDS, start)
            return curl_easy_perform(handle)
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= maxBodyBytes else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    private func take(header line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= CurlTransfer.maxHeaderBytes else {
            isTooLarge = true
            return false
        }
        let text = String(decoding: line, as: UTF8.self)
        // The fields of an earlier answer, `100 Continue` for instance, are not those of the last one.
        if text.hasPrefix("HTTP/") { headers = HTTPHeaders() }
        guard let colon = text.firstIndex(of: ":") else { return true }
        let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }.prefix { !$0.isNewline }
        headers.add(String(text[..<colon]), String(value))
        return true
    }

    private func outcome(
        _ handle: UnsafeMutableRawPointer, _ code: CURLcode, _ method: String, _ url: String, _ timeout: Duration
    ) -> Result<HTTPClient.Response, HTTPClientError> {
        if code == CURLE_OK {
            let status = Int(wasmesh_curl_status(handle))
            let wait = Int64(wasmesh_curl_retry_after(handle))
            return .success(
                HTTPClient.Response(status: status, headers: headers, body: body, retryAfter: wait > 0 ? wait : nil))
        }
        let reason = String(cString: curl_easy_strerror(code))
        let url = ShownURL.of(url)
        switch code {
        case CURLE_COULDNT_CONNECT:
            let number = Int32(clamping: wasmesh_curl_os_errno(handle))
            let cause = number == 0 ? "no connection" : String(cString: strerror(number)).lowercased()
            return .failure(HTTPClientError(.unreachable, "nobody answers at \(url): \(cause); is it running?"))
        case CURLE_COULDNT_RESOLVE_HOST:
            return .failure(HTTPClientError(.unreachable, "the host of \(url) is unknown"))
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
            return .failure(
                HTTPClientError(.unreachable, "nothing was sent to \(url), as TLS doesn't come about: \(reason)"))
        case CURLE_OPERATION_TIMEDOUT:
            return .failure(HTTPClientError(.timedOut, "no answer from \(url) within \(timeout)"))
        case CURLE_ABORTED_BY_CALLBACK:
            return .failure(HTTPClientError(.cancelled, "the request to \(url) was cancelled"))
        case CURLE_WRITE_ERROR where isTooLarge:
            return .failure(
                HTTPClientError(
                    .tooLarge,
                    "the answer of \(url) exceeds \(maxBodyBytes) bytes, or its headers \(CurlTransfer.maxHeaderBytes)")
            )
        default:
            return .failure(HTTPClientError(.failed, "\(method) \(url) failed: \(reason)"))
        }
    }
}
