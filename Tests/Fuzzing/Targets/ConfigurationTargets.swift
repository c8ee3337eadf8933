internal import MeshCore
@testable internal import Commands

extension FuzzTarget {
    /// `wasmesh.json`: refused with the place, or read.
    static let configuration = FuzzTarget(
        "configuration", "wasmesh.json, and JSON with places",
        seeds: [
            #"{"router":{"url":"http://127.0.0.1:8080"},"postgres":{"url":"postgresql:///x"},"config":{"*":{"a":"b"}}}"#,
            "{\n  \"kafka\": {\"bootstrap\": \"a:1\"},\n  \"unknown\": [1, 2.5e3, \"\\ud83d\\ude00\"]\n}", "[]",
            "{\"router\": 1}",
        ]
    ) { input in
        let text = String(decoding: input, as: UTF8.self)
        if let node = try? JSONReader.read(text) {
            let rendered = node.rendered()
            guard let again = try? JSONReader.read(rendered) else {
                throw FuzzFinding(description: "what was rendered can't be read: \(rendered)")
            }
            try require(again.rendered() == rendered, "rendering isn't stable: \(rendered)")
        }
        _ = try? ConfigurationFile.read(text, path: "wasmesh.json")
    }
}
