import Foundation
import Glibc
import MeshCore
import Synchronization
import WasmWorker

/// The Unix socket at which tests find the sandbox; each connection has a thread of its own.
final class SandboxSocket: Sendable {
    let path: String
    private let directory: String
    private let listener: Int32

    /// Listens in a folder of its own, readable for its user alone.
    init(_ sandbox: TestSandbox) throws(CommandFailure) {
        // Its path has to fit a socket's address, which is 108 bytes long: the folder of a project may be deeper.
        let template = "/tmp/wasmesh-test-XXXXXX"
        var name = Array(template.utf8CString)
        guard mkdtemp(&name) != nil else { throw Self.failure("no folder can be made for its socket") }
        directory = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = directory + "/sandbox"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0, Self.listen(listener, path) else {
            let failure = Self.failure("its socket can't be opened")
            if listener >= 0 { Glibc.close(listener) }
            rmdir(directory)
            throw failure
        }
        let listener = listener
        DedicatedThread.start("test-sandbox") {
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 {
                    switch errno {
                    case EINTR, ECONNABORTED: continue
                    case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                        // Nothing tells when a descriptor is free again, and asking at once would only spin. Whoever has connected waits meanwhile.
                        usleep(10_000)
                        continue
                    default: return
                    }
                }
                Self.serve(connection, sandbox)
            }
        }
    }

    private static func failure(_ what: String) -> CommandFailure {
        CommandFailure(.failure, "\(what): \(String(cString: strerror(errno)))", hint: "tests reach the sandbox by it")
    }

    private static func listen(_ listener: Int32, _ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 && Glibc.listen(listener, 64) == 0
    }

    private static func serve(_ connection: Int32, _ sandbox: TestSandbox) {
        let isServed = DedicatedThread.startIfPossible("test", stackBytes: TestSandbox.stackBytes) {
            sandbox.serve(TestConnection(socket: connection))
        }
        // The test hears that the sandbox has gone.
        if !isServed { Glibc.close(connection) }
    }

    /// Takes no more connections; those that there are go on.
    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        unlink(path)
        rmdir(directory)
    }
}
