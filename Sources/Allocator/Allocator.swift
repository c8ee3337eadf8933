import CJemalloc

/// The programs' memory allocator: jemalloc, which linking against it puts in the C library's place.
///
/// A message's objects are made on one thread and freed on another, in batches of hundreds. The C library's allocator spends 13 %
/// of a worker's time on that (docs/adr/0010-jemalloc.md); jemalloc keeps lists per thread that take it, and gives memory back after a load.
package enum Allocator {
    /// Has unused memory given back by a thread in the background, and not at a moment when somebody waits; call it first in a program.
    package static func start() {
        var isOn = true
        _ = mallctl("background_thread", nil, nil, &isOn, MemoryLayout<Bool>.size)
    }
}
