/// The state of a message's key as the service's own type: read when first asked for, written once, when the handler is done.
///
/// For generated code; authors see it as `mesh.state`.
public final class KeyedState<Value: JSONCodable> {
    private let host: MeshHost
    private var isLoaded = false
    private var isChanged = false
    private var current: Value?

    public init(_ host: MeshHost) { self.host = host }

    public var value: Value? {
        get {
            load()
            return current
        }
        set {
            isLoaded = true
            isChanged = true
            current = newValue
        }
    }

    /// Hands what changed to the mesh.
    public func save() {
        guard isChanged else { return }
        host.setState(current?.jsonBytes)
        isChanged = false
    }

    private func load() {
        if isLoaded { return }
        isLoaded = true
        guard let bytes = host.state() else { return }
        bytes.withUnsafeBufferPointer { bytes in
            do throws(MeshError) {
                current = try Value(jsonBytes: bytes)
            } catch {
                let reason = "the stored state can't be read: \(error.message)"
                // What a workflow does is committed at each wait, long before it fails by its refusal.
                if host.text(.run) != nil { host.crash(reason) }
                // A handler that went on without its state would overwrite it: the execution fails instead.
                host.refusal = .internalError(reason)
            }
        }
    }
}
