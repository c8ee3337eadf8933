import Guests
import MeshCore

/// `wasmesh init NAME`
enum InitCommand: Command {
    static let description = CommandDescription(
        "init", "makes a new project: a service that builds and passes its own test at once",
        arguments: [
            Argument("NAME", "The project's name and directory: lower case letters, digits, dashes.")
        ],
        examples: [("wasmesh init shop && cd shop && wasmesh dev", "")])

    static func run(_ invocation: Invocation) async throws {
        let path = invocation.arguments[0]
        let directory = path.hasPrefix("/") ? path : invocation.directory + "/" + path
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let files = try GuestScaffold.make(name, in: directory, sdk: GuestSDK.find())
        if invocation.output.isJSON {
            let list = files.map { JSONText.string($0) }.joined(separator: ",")
            return invocation.output.line("{\"directory\":\(JSONText.string(directory)),\"files\":[\(list)]}")
        }
        for file in files { invocation.output.line("  \(path)/\(file)") }
        invocation.output.line()
        invocation.output.line("next:  cd \(path) && wasmesh dev        (and `wasmesh test` for its tests)")
    }
}
