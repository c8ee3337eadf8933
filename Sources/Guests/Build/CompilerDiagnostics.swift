import Foundation

/// What a compiler has said, made fit for the author: generated code is never shown as the place of an error.
struct CompilerDiagnostics {
    let output: String
    private let generated: String?

    /// `generated` is the generated file as the compiler was given it.
    init(_ output: String, generated: String?) {
        self.output = output
        self.generated = generated
    }

    /// The lines with warnings in the author's files.
    var warnings: [String] {
        lines.filter { $0.contains(": warning: ") && !isGenerated($0) }.map(String.init)
    }

    /// The error to throw: the author's errors; else what they must have done for generated code to fail.
    func error(of project: GuestProject) -> GuestError {
        let errors = lines.filter { $0.contains(": error: ") || $0.hasPrefix("error: ") }
        let own = errors.filter { !isGenerated($0) }
        if !own.isEmpty {
            // What authors of Embedded Swift meet first.
            let isUntyped = own.contains { $0.contains("thrown error type 'any Error' to 'MeshError'") }
            return GuestError(
                .compilation, blocks { !isGenerated($0) },
                hint: isUntyped ? "write a closure with its error type, `{ group throws(MeshError) in …`" : nil)
        }
        let missing = errors.compactMap(missingType)
        if !missing.isEmpty {
            let names = Array(Set(missing)).sorted()
            let advice = names.map { "struct \($0): \($0)Service { … }" }.joined(separator: "\n  ")
            return GuestError(
                .compilation, "no implementation of \(names.map { "service `\($0)`" }.joined(separator: ", "))",
                hint: "write in \(project.sources.first ?? "Sources"), with the methods of its protocol:\n  \(advice)")
        }
        return GuestError(
            .compilation, "the generated code doesn't compile with the project's types:\n\(output)",
            hint: "is a service's type declared without its protocol (`struct Orders: OrdersService`)?")
    }

    private var lines: [Substring] { output.split(separator: "\n") }

    private func isGenerated(_ line: Substring) -> Bool {
        guard let generated else { return false }
        return line.contains(generated + ":")
    }

    /// The name `Orders`, where generated code misses it.
    private func missingType(_ line: Substring) -> String? {
        guard let start = line.range(of: "cannot find '"), let end = line.range(of: "' in scope") else { return nil }
        return String(line[start.upperBound..<end.lowerBound])
    }

    /// The diagnostics whose first line passes, with the source lines and notes below them.
    private func blocks(_ isWanted: (Substring) -> Bool) -> String {
        var result: [Substring] = []
        var isKept = false
        for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.contains(": error: ") || line.contains(": warning: ") { isKept = isWanted(line) }
            if isKept || line.hasPrefix("error: ") { result.append(line) }
        }
        return result.joined(separator: "\n").trimmingNewlines
    }
}

extension String {
    fileprivate var trimmingNewlines: String {
        var text = self[...]
        while text.last?.isNewline == true { text.removeLast() }
        return String(text)
    }
}
