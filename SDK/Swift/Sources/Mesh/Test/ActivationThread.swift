#if !arch(wasm32)
    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// Runs code on a thread of its own, which it may leave in the middle: as the sandbox drops an instance that has to wait.
    ///
    /// What was on its stack isn't cleaned up, neither by `defer` nor by `catch`; that is the point, and the memory it had is lost.
    enum ActivationThread {
        private final class Job {
            let body: () -> Void
            init(_ body: @escaping () -> Void) { self.body = body }
        }

        /// Runs `body` until it returns or leaves.
        static func run(_ body: @escaping () -> Void) {
            let job = Unmanaged.passRetained(Job(body))
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            defer { pthread_attr_destroy(&attributes) }
            pthread_attr_setstacksize(&attributes, 4 << 20)
            #if canImport(Darwin)
                var thread: pthread_t?
                let result = pthread_create(&thread, &attributes, { ActivationThread.start($0) }, job.toOpaque())
                guard result == 0, let thread else { preconditionFailure("no thread for a workflow") }
                pthread_join(thread, nil)
            #else
                var thread = pthread_t()
                let result = pthread_create(
                    &thread, &attributes,
                    { context in
                        if let context { ActivationThread.start(context) }
                        return nil
                    }, job.toOpaque())
                precondition(result == 0, "no thread for a workflow")
                pthread_join(thread, nil)
            #endif
        }

        /// Ends the thread here.
        static func leave() -> Never { pthread_exit(nil) }

        @discardableResult
        private static func start(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
            Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }
    }
#endif
