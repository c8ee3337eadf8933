import Foundation

/// Links objects into one module.
struct Linking {
    /// Below the data, so that an overflow runs into the memory's start and traps instead of overwriting data.
    ///
    /// Paid for in each fresh instance, whose memory is reset by writing all of it: 128 KiB took 1.4 µs of 13 more than 64 KiB, and 256 KiB 4 µs.
    /// The SDK's reader of JSON, 128 levels deep, takes half of it.
    private var stackBytes: Int { project.isQuick ? 1 << 20 : 64 << 10 }

    let toolchain: GuestToolchain
    let project: GuestProject

    init(_ toolchain: GuestToolchain, _ project: GuestProject) {
        self.toolchain = toolchain
        self.project = project
    }

    func link(_ objects: [String], exports: [String]) throws(GuestError) -> [UInt8] {
        // Relative: the linker puts a random digit in the place of each `%` of a path that it writes to.
        let output = "\(project.relativeBuildDirectory)/objects/\(project.name)-linked.wasm"
        let result = try ToolRun.run(
            toolchain.linker,
            ["--no-entry", "--gc-sections", "--strip-all", "--stack-first", "-z", "stack-size=\(stackBytes)"]
                + exports.map { "--export=\($0)" } + objects + ["-o", output], in: project.directory)
        guard result.succeeded else {
            throw GuestError(
                .compilation, "the linker failed:\n\(result.output)",
                hint: "an undefined symbol is often a function that Embedded Swift or the sandbox doesn't have")
        }
        return try SourceFiles.read("\(project.directory)/\(output)")
    }
}
