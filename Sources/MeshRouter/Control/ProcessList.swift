import MeshCore

/// The processes of the mesh, as the control plane lists them.
package enum ProcessList {
    /// How long after its last heartbeat a process counts as alive, and its name as taken.
    package static let lease = Duration.seconds(12)

    /// The store's list with `alive` for each; one that ended without a goodbye stays on it for a day.
    static func marked(_ list: String) -> String {
        let processes = (try? JSONReader.read(list))?["workers"]?.elements ?? []
        return JSONWriter.object { writer in
            writer.member("workers") { writer in
                writer.array(processes) { writer, process in
                    writer.object { writer in
                        for member in process.members { writer.member(member.name, json: member.node.rendered()) }
                        writer.member("alive", isAlive(process))
                    }
                }
            }
        }
    }

    /// What was seen at a time that is yet to come was so before the database's clock went back.
    private static func isAlive(_ process: JSONNode) -> Bool {
        Double(process.text("secondsAgo")).map { .seconds(abs($0)) < lease } ?? false
    }
}
