#if !arch(wasm32)
    // What an execution in the sandbox came to.
    extension TestMesh {
        /// Takes over what it did, or throws why it failed.
        func take(end message: JSONValue) throws(MeshError) {
            take(logs: message)
            let kind = message["end"]?.string
            guard kind == "completed" else {
                let error = try MeshError(jsonText: message["error"]?.jsonText ?? "{}")
                if kind == "stuck" { machine?.getStuck(error) }
                throw error
            }
            if let reply = message["reply"]?.string { self.reply(Array(reply.utf8)) }
            // A workflow's effects are in its journal by now.
            guard machine == nil else { return }
            if let state = message["state"] { setState(state.string.map { Array($0.utf8) }) }
            guard case .array(let messages)? = message["messages"] else { return }
            for sent in messages {
                let (name, data) = (sent["name"]?.string ?? "", sent["data"]?.string ?? "")
                if sent["kind"]?.string == "emit" {
                    emit(Emitted(event: name, json: data))
                } else {
                    send(name, key: sent["key"]?.string, Array(data.utf8), after: sent.delay)
                }
            }
        }

        /// Takes over what it logged; what a replay repeats isn't among it.
        func take(logs message: JSONValue) {
            guard case .array(let lines)? = message["logs"] else { return }
            for case .array(let line) in lines where line.count == 2 {
                guard case .number(let level) = line[0], let level = Int32(level).flatMap({ LogLevel(rawValue: $0) }),
                    let text = line[1].string
                else { continue }
                append(LogLine(level: level, text: text))
            }
        }
    }

    extension JSONValue {
        /// After how many microseconds a message is to be delivered, a number or its text; 0 where it doesn't say.
        var delay: Int64 {
            switch self["delay"] {
            case .number(let text)?, .string(let text)?: Int64(text) ?? 0
            default: 0
            }
        }
    }
#endif
