import Foundation
import TestSupport
import Testing

@testable import Wasm

/// docs/abi.md and SDK/C/wasmesh.h say what the host offers.
@Suite struct ABIDocumentTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(TestEnvironment.checkout)/\(path)", encoding: .utf8)
    }

    /// `name/parameters/hasResult` of each function of module `mesh`.
    private let offered = Set(
        (HostFunction.mesh + HostFunction.workflow).map { function in
            "\(function.name)/\(function.type.parameters.count)/\(!function.type.results.isEmpty)"
        })

    @Test func `the page lists each function of the module mesh with its parameters, and no other`() throws {
        let page = try text("docs/abi.md")
        let imports = try #require(page.range(of: "## Imports")).lowerBound
        let rows = page[imports...].matches(of: /\n\| `([a-z_]+)` \| `\(([^)]*)\)( -> i32| -> i64)?` \|/)
        let listed = rows.map { row in
            "\(row.output.1)/\(row.output.2.split(separator: ",").count)/\(row.output.3 != nil)"
        }
        #expect(Set(listed) == offered && listed.count == offered.count)
    }

    @Test func `the header declares each function of the module mesh with its parameters, and no other`() throws {
        let header = try text("SDK/C/wasmesh.h")
        let declarations = header.matches(
            of: /MESH_IMPORT\(([a-z_]+)\)\s+(void|int32_t|int64_t) mesh_[a-z_]+\(([^)]*)\)/)
        let declared = declarations.map { declaration in
            let parameters = declaration.output.3 == "void" ? 0 : declaration.output.3.split(separator: ",").count
            return "\(declaration.output.1)/\(parameters)/\(declaration.output.2 != "void")"
        }
        #expect(Set(declared) == offered && declared.count == offered.count)
    }

    @Test func `the page names each function of WASI that works`() throws {
        let page = try text("docs/abi.md")
        let section = page[try #require(page.range(of: "## WASI")).upperBound...].prefix { $0 != "#" }
        for function in HostFunction.wasi {
            let group = function.name.prefix { $0 != "_" } + "_*"
            #expect(section.contains("`\(function.name)`") || section.contains("`\(group)`"), "\(function.name)")
        }
    }

    @Test func `the page states the limits that there are`() throws {
        let page = try text("docs/abi.md")
        let limits = SandboxLimits()
        #expect(page.contains("| linear memory | \(limits.memoryBytes >> 20) MiB |"))
        #expect(page.contains("else \(limits.cpuTime.components.seconds) s |"))
        #expect(page.contains("| answer, state, or one message's data | \(limits.messageBytes >> 20) MiB each |"))
        #expect(
            page.contains(
                "| messages emitted or sent by one execution | \(limits.messages / 1000),000, and \(limits.messagesBytes >> 20) MiB together |"
            ))
        #expect(page.contains("| log of one execution | \(limits.logBytes >> 10) KiB |"))
        #expect(page.contains("a line over \(ExecutionLog.lineLimit >> 10) KiB is cut"))
        let names = page.split(separator: "\n").first { $0.hasSuffix("| \(HostCall.nameLimit >> 10) KiB |") }
        #expect(names?.contains("`workflow_begin`") == true, "its name with its key, and its options")
        #expect(
            page.contains("| operations of one `workflow_wait` or `workflow_next` | \(HostCall.waitLimit / 1000),000 |")
        )
    }
}
