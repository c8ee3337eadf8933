/// The options that every command has.
package enum GlobalOptions {
    package static let json = Option<Bool>.flag("json", "Prints JSON, for machines.", environment: "WASMESH_JSON")
    package static let configuration = Option<String>(
        "config", "FILE", "The configuration file.", defaultText: "wasmesh.json of this directory or one above it",
        environment: "WASMESH_CONFIG")

    package static let descriptions = [json.description, configuration.description]
}
