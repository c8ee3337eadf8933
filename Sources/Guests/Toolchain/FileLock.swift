import Glibc

/// A lock that holds between processes, and between threads of one; given up when its holder ends, however it ends.
package struct FileLock: Sendable {
    private let descriptor: Int32

    /// Waits until the lock on the file at `path`, which is made if need be, is free.
    init(_ path: String) throws(GuestError) {
        descriptor = try FileLock.open(path)
        guard try FileLock.take(descriptor, LOCK_EX, path) else {
            preconditionFailure("it waits for as long as it takes")
        }
    }

    /// Takes the lock on the file at `path` if it is free now; nil where somebody has it.
    package init?(ifFree path: String) throws(GuestError) {
        descriptor = try FileLock.open(path)
        guard try FileLock.take(descriptor, LOCK_EX | LOCK_NB, path) else {
            close(descriptor)
            return nil
        }
    }

    private static func open(_ path: String) throws(GuestError) -> Int32 {
        let descriptor = Glibc.open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
        if descriptor >= 0 { return descriptor }
        throw GuestError(.files, "can't open \(path): \(String(cString: strerror(errno)))")
    }

    private static func take(_ descriptor: Int32, _ operation: Int32, _ path: String) throws(GuestError) -> Bool {
        while flock(descriptor, operation) != 0 {
            if errno == EINTR { continue }
            if errno == EWOULDBLOCK { return false }
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw GuestError(.files, "can't lock \(path): \(reason)")
        }
        return true
    }

    package func unlock() { close(descriptor) }
}
