import Glibc

/// A file that others append to, read on from where it was left; one that takes its place, or begins anew, is read from its beginning.
struct GrowingFile {
    private let path: String
    private var descriptor: Int32
    private var offset = 0

    init(_ path: String) throws(FileContent.Unreadable) {
        self.path = path
        descriptor = try FileContent.open(path)
    }

    /// What has come since the last time.
    mutating func news() throws(FileContent.Unreadable) -> [UInt8] {
        var own = stat()
        if fstat(descriptor, &own) == 0, own.st_size < offset {
            lseek(descriptor, 0, SEEK_SET)
            offset = 0
        }
        var news = try FileContent.read(descriptor, limit: .max)
        offset += news.count
        var current = stat()
        // Gone for a moment: another one may come.
        guard stat(path, &current) == 0, current.st_ino != own.st_ino || current.st_dev != own.st_dev else {
            return news
        }
        Glibc.close(descriptor)
        descriptor = try FileContent.open(path)
        let rest = try FileContent.read(descriptor, limit: .max)
        offset = rest.count
        news += rest
        return news
    }

    func close() { Glibc.close(descriptor) }
}
