/// Whether an answer's data is what the method returned or a `MeshError`; the text of the header `mesh_status`.
package enum ReplyStatus: String, Sendable {
    case ok
    case error
}
