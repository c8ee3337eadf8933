import Glibc
import MeshCore

/// The data of a message: an argument, `@file`, or standard input.
package enum Payload {
    static let help =
        "The data, JSON: as it stands, @FILE, or - for standard input (also when it is left out in a pipe)."

    /// More isn't read: no router takes it.
    private static let limit = 16 << 20

    /// Reads what `argument` names and checks that it is JSON; an empty object where nothing is given.
    package static func read(
        _ argument: String?, directory: String, standardInput: Int32 = 0
    ) throws(CommandFailure) -> [UInt8] {
        try check(source(argument, directory, standardInput))
    }

    /// Reads the file that is named, or standard input for `-`, and checks that it is JSON.
    package static func read(
        file: String, directory: String, standardInput: Int32 = 0
    ) throws(CommandFailure) -> [UInt8] {
        try check(source(file == "-" ? file : "@" + file, directory, standardInput))
    }

    private static func check(_ source: (bytes: [UInt8], origin: String)) throws(CommandFailure) -> [UInt8] {
        let (bytes, origin) = source
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

    private static func source(
        _ argument: String?, _ directory: String, _ standardInput: Int32
    ) throws(CommandFailure) -> ([UInt8], String) {
        if let argument, argument != "-" {
            guard argument.hasPrefix("@") else { return (Array(argument.utf8), "DATA") }
            let name = String(argument.dropFirst())
            do throws(FileContent.Unreadable) {
                return (try FileContent.read(name, directory: directory, limit: limit), name)
            } catch {
                throw .usage("cannot read \(name): \(error.reason)", hint: "is it there, and may it be read?")
            }
        }
        // A process that was started without a standard input has nothing to say there, either.
        let isSilent = isatty(standardInput) == 1 || fcntl(standardInput, F_GETFD) == -1
        if argument == nil, isSilent { return (Array("{}".utf8), "DATA") }
        do throws(FileContent.Unreadable) {
            let bytes = try FileContent.read(standardInput, limit: limit)
            return bytes.isEmpty && argument == nil ? (Array("{}".utf8), "DATA") : (bytes, "standard input")
        } catch {
            throw .usage("cannot read standard input: \(error.reason)", hint: "give the data, @FILE, or - for a pipe")
        }
    }
}
