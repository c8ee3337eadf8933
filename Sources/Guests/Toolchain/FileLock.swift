import Glibc

/// A lock that holds between processes, and between threads of one; given up when its holder ends, however it ends.
struct FileLock {
    private let descriptor: Int32

    /// Waits until the lock on the file at `path`, which is made if need be, is free.
    init(_ path: String) throws(GuestError) {
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw GuestError(.files, "can't open \(path): \(String(cString: strerror(errno)))")
        }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                let reason = String(cString: strerror(errno))
                close(descriptor)
                throw GuestError(.files, "can't lock \(path): \(reason)")
            }
        }
    }

    func unlock() { close(descriptor) }
}
