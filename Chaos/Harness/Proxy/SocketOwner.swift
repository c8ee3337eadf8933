internal import Foundation

/// Which process holds the other end of a connection on this machine, by /proc.
enum SocketOwner {
    /// The process among `candidates` that has a socket bound to 127.0.0.1:`port`.
    static func find(port: UInt16, among candidates: [Int32]) -> Int32? {
        guard let inode = inode(of: port) else { return nil }
        let wanted = "socket:[\(inode)]"
        for pid in candidates {
            let folder = "/proc/\(pid)/fd"
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                var target = [CChar](repeating: 0, count: 64)
                let count = readlink("\(folder)/\(name)", &target, target.count - 1)
                if count > 0, String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) == wanted
                {
                    return pid
                }
            }
        }
        return nil
    }

    private static func inode(of port: UInt16) -> Substring? {
        let table = (try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)) ?? ""
        let suffix = ":" + String(format: "%04X", port)
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            if fields.count > 9, fields[1].hasSuffix(suffix), fields[9] != "0" { return fields[9] }
        }
        return nil
    }
}
