#if !arch(wasm32)
    /// A call as a script sees it.
    public struct TestCall: Sendable {
        /// `shop.Payments/capture`.
        public let target: String
        public let key: String?
        /// The object of the arguments.
        public let arguments: JSONValue
        /// From 1.
        public let attempt: Int
    }

    /// What a call of one method is answered with.
    struct Script {
        var remaining: Int
        /// How long the answer takes; nil: it never comes.
        let delay: Duration?
        /// The answer as the wire carries it.
        let answer: (TestCall) throws(MeshError) -> String
    }

    // MARK: - Scripts
    extension WorkflowTest {
        /// Answers calls of a method; of several scripts for one the first that isn't used up counts.
        ///
        /// - Parameters:
        ///   - delay: how long the answer takes.
        ///   - answer: a value of the method's result type; a `JSONValue` is taken as it travels.
        public func answer<Answer: JSONCodable>(
            _ target: String, after delay: Duration = .zero, times: Int = .max,
            _ answer: @escaping (TestCall) throws -> Answer
        ) {
            script(target, delay, times) { call throws(MeshError) in
                do {
                    return WorkflowTest.wireForm(of: try answer(call))
                } catch let error as MeshError {
                    throw error
                } catch {
                    throw .internalError("\(error)")
                }
            }
        }

        /// Answers calls of a method without a result.
        public func answer(_ target: String, after delay: Duration = .zero, times: Int = .max) {
            script(target, delay, times) { _ throws(MeshError) in "{}" }
        }

        /// Fails calls of a method.
        public func fail(
            _ target: String, with error: MeshError, after delay: Duration = .zero, times: Int = .max
        ) {
            script(target, delay, times) { _ throws(MeshError) in throw error }
        }

        /// Never answers calls of a method.
        public func ignore(_ target: String, times: Int = .max) {
            script(target, nil, times) { _ throws(MeshError) in "{}" }
        }

        /// Sends a signal, counted from now; early ones wait for the workflow's code, but not for the workflow.
        ///
        /// - Returns: what becomes of it. A signal that isn't taken is the test's error where nobody keeps this.
        @discardableResult
        public func signal<Answer>(
            _ signal: Call<Answer>, key: String? = nil, after delay: Duration = .zero
        ) -> TestReply<Answer> {
            let reply = TestReply(signal)
            after(delay) { [weak reply] in
                do throws(MeshError) {
                    try self.deliverSignal(
                        signal.target, key: key ?? signal.key, String(decoding: signal.data, as: UTF8.self)
                    ) { outcome in reply?.outcome = outcome }
                } catch {
                    if let reply { reply.outcome = .failure(error) } else { self.problem = error }
                }
            }
            return reply
        }

        /// Asks a workflow to end; `service` says which, where workflows of several have the id, else it is the one that began first.
        public func cancel(
            _ id: String, in service: String? = nil, reason: String = "cancelled by the test",
            after delay: Duration = .zero
        ) {
            after(delay) {
                if let workflow = self.workflow(id, in: service) { self.cancel(workflow, reason) }
            }
        }

        private func script(
            _ target: String, _ delay: Duration?, _ times: Int,
            _ answer: @escaping (TestCall) throws(MeshError) -> String
        ) {
            let script = Script(remaining: times, delay: delay) { call throws(MeshError) in
                do throws(MeshError) { return try answer(call) } catch { throw error.asCallersGetIt }
            }
            scripts[target, default: []].append(script)
        }

        private static func wireForm(of answer: some JSONCodable) -> String {
            let text = answer.jsonText
            return answer is JSONValue || text.utf8.first == UInt8(ascii: "{") ? text : #"{"value":\#(text)}"#
        }

        func isScripted(_ target: String) -> Bool { scripts[target]?.contains { $0.remaining > 0 } == true }

        func takeScript(_ target: String) -> Script? {
            guard let index = scripts[target]?.firstIndex(where: { $0.remaining > 0 }) else { return nil }
            scripts[target]?[index].remaining -= 1
            return scripts[target]?[index]
        }
    }
#endif
