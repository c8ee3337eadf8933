import Glibc

/// The execution that a thread is in the middle of: a workflow's local step runs inside a host call of the workflow, and must not use up its time.
enum NestedRuns {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// Runs `body` as the innermost execution of this thread; what it takes isn't counted for the one around it.
    static func run<Result>(_ execution: Execution, _ body: () -> Result) -> Result {
        let outer = pthread_getspecific(key)
        let start = outer == nil ? 0 : CPUDeadline.threadTime()
        // Both executions live on this thread's stack for longer than the value is set.
        pthread_setspecific(key, Unmanaged.passUnretained(execution).toOpaque())
        defer {
            pthread_setspecific(key, outer)
            if let outer {
                Unmanaged<Execution>.fromOpaque(outer)._withUnsafeGuaranteedRef {
                    $0.deadline.exclude(CPUDeadline.threadTime() - start)
                }
            }
        }
        return body()
    }
}
