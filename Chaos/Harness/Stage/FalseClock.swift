internal import Foundation

/// A wall clock that can be moved for one process: libfaketime, where it is installed.
enum FalseClock {
    /// The library; nil where there is none.
    static var library: String? {
        ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1"].first {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    /// What a process needs in its environment to take its time from `file`; timers go on as they are.
    static func environment(_ library: String, _ file: String) -> [String: String] {
        [
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        ]
    }
}
