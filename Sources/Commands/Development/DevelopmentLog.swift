import Dispatch
import Foundation
import Synchronization

/// The process's log in development: every line goes to `mesh.log`, what concerns the developer to the screen as well.
///
/// Standard error becomes a pipe, so that lines of C libraries are caught too; what the command itself says there goes on to where it was,
/// or it would come back as a line to show.
package final class DevelopmentLog: Sendable {
    /// Set once everything has started.
    let isReady = Atomic<Bool>(false)
    private let show: @Sendable (String) -> Void
    private let output: Output
    private let standardError: Int32
    private let original: Int32
    private let ended = DispatchSemaphore(value: 0)

    /// Redirects `standardError` until `finish`, and `output` around it.
    init(
        file: String, output: Output, standardError: Int32 = 2, show: @escaping @Sendable (String) -> Void
    ) throws(CommandFailure) {
        self.show = show
        self.output = output
        self.standardError = standardError
        original = fcntl(standardError, F_DUPFD_CLOEXEC, 3)
        _ = FileManager.default.createFile(atPath: file, contents: nil, attributes: [.posixPermissions: 0o600])
        var ends: [Int32] = [-1, -1]
        guard let handle = FileHandle(forWritingAtPath: file), pipe(&ends) == 0,
            dup2(ends[1], standardError) == standardError
        else {
            throw CommandFailure(.failure, "cannot write \(file): \(String(cString: strerror(errno)))")
        }
        output.moveErrors(to: original)
        close(ends[1])
        for end in [ends[0], handle.fileDescriptor] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        let thread = Thread { [self] in
            pump(from: reader, to: handle)
            ended.signal()
        }
        thread.name = "development-log"
        thread.start()
    }

    /// Gives standard error back after everything that was written has been shown.
    func finish() {
        dup2(original, standardError)
        // A child process may hold the pipe open; then its lines are not worth waiting for.
        _ = ended.wait(timeout: .now() + 1)
        output.moveErrors(to: standardError)
    }

    private func pump(from reader: FileHandle, to file: FileHandle) {
        var rest = Data()
        while true {
            let chunk = reader.availableData
            if chunk.isEmpty { return }
            try? file.write(contentsOf: chunk)
            rest += chunk
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest = Data(rest[(end + 1)...])
                if DevelopmentLog.concernsDeveloper(line, isReady: isReady.load(ordering: .relaxed)) { show(line) }
            }
            // A line without end is not kept without bound.
            if rest.count > 1 << 20 { rest = Data() }
        }
    }

    /// True for a guest's lines (their component is the service, `shop.Orders`) and for warnings and errors of the mesh;
    /// while it starts, only for errors, because parts wait for each other then.
    package static func concernsDeveloper(_ line: String, isReady: Bool) -> Bool {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count >= 3, words[0].contains(":") else { return true }
        let isGuest = words[2].hasSuffix(":") && words[2].dropLast().contains(".")
        return words[1] == "error" || isGuest || words[1] == "warning" && isReady
    }
}
