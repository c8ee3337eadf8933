import Outbox
import Schemas
import Testing

/// A package of a schema, as a deploy puts it in force.
func deployment(_ text: String, _ digest: String, wasm: [UInt8]? = [0, 1]) throws -> NewDeployment {
    let compilation = SchemaCompiler.recompile(SchemaSource(path: "test", text: text))
    let schema = try #require(compilation.schema, "\(compilation.diagnostics)")
    return NewDeployment(digest: digest, wasm: wasm, schemaText: text, schema: schema, actor: "ada")
}
