#if !arch(wasm32)
    // What is recorded and done at once.
    extension WorkflowMachine {
        func close(_ signal: String) {
            if matched([.closed], signal, nil) == nil { record(.closed, nil, signal) }
        }

        /// As it was when the code first asked.
        func config(_ name: String, _ value: String?) -> String? {
            if let known = configuration[name] { return known }
            let result: String?
            if let recorded = matched([.config], name, nil) {
                result = recorded.data.isEmpty ? nil : (try? JSONValue(jsonText: recorded.data))?.string
            } else {
                result = value
                record(.config, nil, name, value.map { JSONValue.string($0).jsonText } ?? "")
            }
            configuration[name] = .some(result)
            return result
        }

        func readState() -> String? {
            if let recorded = matched([.read], "", nil) { return recorded.data == "null" ? nil : recorded.data }
            record(.read, nil, "", state ?? "null")
            return state
        }

        func writeState(_ state: String?) {
            if matched([.write], "", state ?? "null") != nil { return }
            record(.write, nil, "", state ?? "null")
            self.state = state
        }

        func emit(_ event: TestMesh.Emitted) {
            if matched([.emit], event.event, event.json) != nil { return }
            record(.emit, nil, event.event, event.json)
            emitted.append(event)
        }

        func send(_ call: TestMesh.Sent) {
            if matched([.send], call.target, key: call.key, call.json) != nil { return }
            record(
                .send, nil, call.target, key: call.key, call.json, options: JournalEntry.options(delay: call.after))
        }
    }
#endif
