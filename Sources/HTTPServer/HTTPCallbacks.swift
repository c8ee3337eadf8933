import CMicroHTTPD
import Glibc

// What libmicrohttpd calls, on its own threads.

/// A request's headers (again, where it was asked whether its body may be read), a part of its body, its end, or its turn after it was resumed.
let httpAccess: MHD_AccessHandlerCallback = { context, connection, path, method, _, upload, uploadSize, slot in
    guard let context, let connection, let path, let method, let uploadSize, let slot else { return .NO }
    let exchanges = Unmanaged<HTTPExchanges>.fromOpaque(context).takeUnretainedValue()
    guard let known = slot.pointee else {
        let rawPath = HTTPReception.withoutAuthority(String(cString: path))
        let limit = exchanges.configuration.bodyLimit(rawPath)
        let exchange = HTTPExchange(connection, exchanges, rawPath: rawPath, bodyLimit: limit)
        slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
        return HTTPReception(connection, exchanges).begin(exchange)
    }
    let exchange = Unmanaged<HTTPExchange>.fromOpaque(known).takeUnretainedValue()
    let reception = HTTPReception(connection, exchanges)
    if uploadSize.pointee > 0 {
        let bytes = UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
        uploadSize.pointee = 0
        guard let refusal = exchange.append(bytes) else { return .YES }
        return reception.refuseBodyInTheMiddle(refusal, of: exchange)
    }
    let isAdmission = exchange.takeAdmission()
    if let response = exchange.response {
        return isAdmission ? reception.refuse(response) : reception.answer(response)
    }
    if isAdmission { return reception.readBody() }
    return reception.dispatch(exchange, String(cString: method))
}

/// A request is over.
let httpCompleted: MHD_RequestCompletedCallback = { _, connection, slot, _ in
    guard let slot, let known = slot.pointee else { return }
    slot.pointee = nil
    Unmanaged<HTTPExchange>.fromOpaque(known).takeRetainedValue().end()
}

/// A connection was opened, or is about to be closed.
let httpConnection: MHD_NotifyConnectionCallback = { context, connection, slot, event in
    guard let context, let connection, let slot else { return }
    let exchanges = Unmanaged<HTTPExchanges>.fromOpaque(context).takeUnretainedValue()
    switch event {
    case .CONNECTION_NOTIFY_STARTED:
        let opened = HTTPConnection(
            descriptor: wasmesh_http_socket(connection), remoteAddress: HTTPReception.remoteAddress(connection),
            deadline: .now + exchanges.configuration.idleTimeout)
        slot.pointee = Unmanaged.passRetained(opened).toOpaque()
        exchanges.watch.opened(opened)
    default:
        guard let known = slot.pointee else { return }
        slot.pointee = nil
        exchanges.watch.closed(Unmanaged<HTTPConnection>.fromOpaque(known).takeRetainedValue())
    }
}
