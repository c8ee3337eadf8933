import Foundation
import MeshCore

/// The data of a message: an argument, `@file`, or standard input.
package enum Payload {
    static let help =
        "The data, JSON: as it stands, @FILE, or - for standard input (also when it is left out in a pipe)."

    /// Reads what `argument` names and checks that it is JSON; an empty object where nothing is given.
    package static func read(_ argument: String?, directory: String) throws(CommandFailure) -> [UInt8] {
        let (bytes, origin) = try source(argument, directory)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .usage("\(origin) is not UTF-8 text")
        }
        do {
            _ = try JSONReader.read(text)
        } catch {
            throw .usage(
                "\(origin):\(error.line):\(error.column): not JSON: \(error.message)",
                hint: #"data is JSON, such as '{"order": {"customer": "c-1"}}'; mind the shell's quotes"#)
        }
        return bytes
    }

    private static func source(_ argument: String?, _ directory: String) throws(CommandFailure) -> ([UInt8], String) {
        if let argument, argument != "-" {
            guard argument.hasPrefix("@") else { return (Array(argument.utf8), "DATA") }
            let name = String(argument.dropFirst())
            let path = name.hasPrefix("/") ? name : directory + "/" + name
            guard let data = FileManager.default.contents(atPath: path) else {
                throw .usage("cannot read \(name)", hint: "@FILE sends a file's content")
            }
            return (Array(data), name)
        }
        if argument == nil, isatty(0) == 1 { return (Array("{}".utf8), "DATA") }
        let data = FileHandle.standardInput.readDataToEndOfFile()
        if data.isEmpty, argument == nil { return (Array("{}".utf8), "DATA") }
        return (Array(data), "standard input")
    }
}
