internal import Foundation

/// A wall clock that can be moved for one process: libfaketime, where it is installed.
enum FalseClock {
    /// The library; nil where there is none.
    static var library: String? {
        ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1"].first {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    /// The library, if the program under test runs with it: some versions hang in a recursion before its first line.
    static func usable(with program: String) async -> String? {
        guard let library else { return nil }
        let file = NSTemporaryDirectory() + "/chaos-clock-\(getpid())"
        try? "+0".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let outcome = try? await Program.run(
            [program, "version"], environment: environment(library, file), within: .seconds(4))
        return outcome?.exit == 0 && outcome?.text.contains("libfaketime") == false ? library : nil
    }

    /// What a process needs in its environment to take its time from `file`; timers go on as they are.
    static func environment(_ library: String, _ file: String) -> [String: String] {
        [
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        ]
    }
}
