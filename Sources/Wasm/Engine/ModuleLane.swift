import Glibc
import Synchronization

/// What one lane has of a module: nothing, until the lane's processor runs it often.
final class ModuleLane: Sendable {
    private let second = Atomic<Int>(0)
    private let count = Atomic<Int>(0)
    /// A `ModuleCode` that is kept here; 0 while there is none.
    private let pointer = Atomic<UInt>(0)
    private let loading = Mutex(())

    deinit {
        if let kept = UnsafeRawPointer(bitPattern: pointer.load(ordering: .acquiring)) {
            Unmanaged<ModuleCode>.fromOpaque(kept).release()
        }
    }

    /// The lane's code, if it has any.
    var code: ModuleCode? {
        UnsafeRawPointer(bitPattern: pointer.load(ordering: .acquiring)).map {
            Unmanaged<ModuleCode>.fromOpaque($0).takeUnretainedValue()
        }
    }

    /// Counts an execution: true from the `limit`th of a second on.
    func isBusy(_ limit: Int) -> Bool {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &now)
        if second.load(ordering: .relaxed) != now.tv_sec {
            second.store(now.tv_sec, ordering: .relaxed)
            count.store(0, ordering: .relaxed)
        }
        return count.wrappingAdd(1, ordering: .relaxed).newValue >= limit
    }

    /// The lane's code, made by `load` unless it is there.
    func code(orLoad load: () -> ModuleCode) -> ModuleCode {
        loading.withLock { _ in
            if let code { return code }
            let code = load()
            pointer.store(UInt(bitPattern: Unmanaged.passRetained(code).toOpaque()), ordering: .releasing)
            return code
        }
    }
}
