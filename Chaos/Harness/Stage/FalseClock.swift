internal import Foundation

/// A wall clock that can be moved for the processes that live under it (Chaos/FalseClock).
struct FalseClock: Sendable {
    /// Holds by how many seconds the clock is off; shared by its processes.
    private let file: String

    /// Nil where the library isn't beside this program.
    init?(in folder: String) throws {
        guard FileManager.default.fileExists(atPath: FalseClock.library) else { return nil }
        file = folder + "/clock"
        try FalseClock.bytes(0).write(to: URL(fileURLWithPath: file))
    }

    private static var library: String { ChaosOptions.besideThis("libfalseclock.so") }

    /// What a process needs in its environment to take its time from here.
    var environment: [String: String] { ["LD_PRELOAD": FalseClock.library, "WASMESH_FALSE_CLOCK": file] }

    /// Moves the clock; timers of the monotonic clocks go on as they are.
    func move(by seconds: Int) throws {
        // In place: processes have the file mapped.
        guard let handle = FileHandle(forWritingAtPath: file) else { throw ChaosFailure("\(file) can't be written") }
        defer { try? handle.close() }
        try handle.write(contentsOf: FalseClock.bytes(Int64(seconds)))
    }

    private static func bytes(_ seconds: Int64) -> Data { withUnsafeBytes(of: seconds) { Data($0) } }
}
