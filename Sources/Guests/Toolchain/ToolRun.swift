import Foundation

/// One run of a tool, to its end.
struct ToolRun {
    let status: Int32
    /// What it wrote, both streams as they came.
    let output: String

    var succeeded: Bool { status == 0 }

    /// Runs `tool` in `directory` and waits; the work that it is a part of can end it.
    static func run(_ tool: String, _ arguments: [String], in directory: String) throws(GuestError) -> ToolRun {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        let keeper = ToolKeeper.current ?? ToolKeeper()
        do {
            try keeper.start(process)
            defer { keeper.ended(process) }
            let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return ToolRun(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
        } catch {
            throw GuestError(.toolchain, "can't run \(tool): \(error.localizedDescription)")
        }
    }
}
