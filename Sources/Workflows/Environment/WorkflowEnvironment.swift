/// What workflows ask of the worker that runs them; answered from memory, on the calling thread.
package protocol WorkflowEnvironment {
    associatedtype Code: WorkflowCode

    /// The package that a new workflow of `service` starts on; nil while it isn't there.
    func currentCode(of service: String) -> Code?
    /// The package of that digest; nil while it isn't there.
    func code(of service: String, digest: String) -> Code?
    /// Mixed into the random bytes of guests; the same for the whole mesh.
    var randomSecret: [UInt8] { get }
}
