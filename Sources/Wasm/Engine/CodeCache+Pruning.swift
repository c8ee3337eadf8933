import Glibc

extension CodeCache {
    /// So many files are kept: each deploy leaves one, and so does each new version of the engine.
    static let filesMax = 500

    /// Removes the oldest files where there are more than `most`; what a process left that died while it wrote is among them.
    ///
    /// Whoever wants one that is gone compiles again.
    func prune(keeping most: Int = filesMax) {
        guard let folder = opendir(directory) else { return }
        defer { closedir(folder) }
        var files: [(path: String, seconds: Int, nanoseconds: Int)] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.contains(".code") else { continue }
            var facts = stat()
            let path = "\(directory)/\(name)"
            guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { continue }
            files.append((path, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec))
        }
        guard files.count > most else { return }
        files.sort { ($0.seconds, $0.nanoseconds) < ($1.seconds, $1.nanoseconds) }
        for file in files.prefix(files.count - most) { unlink(file.path) }
    }
}
