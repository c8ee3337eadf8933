internal import Foundation

/// What libFuzzer calls with each input; `WASMESH_FUZZ_TARGET` names the target.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    do {
        try chosenTarget.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    } catch {
        // Ending the process is how libFuzzer learns of a finding; it keeps the input.
        fatalError("\(chosenTarget.name): \(error)")
    }
}

/// What libFuzzer calls first: with `WASMESH_FUZZ_SEEDS` it writes the target's seeds and kept inputs into that folder.
@_cdecl("LLVMFuzzerInitialize")
public func fuzzInitialize(_ count: UnsafeMutablePointer<Int32>?, _ arguments: UnsafeMutableRawPointer?) -> Int32 {
    guard let folder = ProcessInfo.processInfo.environment["WASMESH_FUZZ_SEEDS"] else { return 0 }
    for (index, input) in (chosenTarget.seeds + Corpus.kept(chosenTarget)).enumerated() {
        let path = "\(folder)/kept-\(index)"
        // Nothing is fuzzed yet: whoever started it reads this on the terminal.
        if !FileManager.default.createFile(atPath: path, contents: Data(input)) { fatalError("can't write \(path)") }
    }
    return 0
}

private let chosenTarget: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["WASMESH_FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget.named(name) else {
        // libFuzzer's entries can't throw; this ends a start with a wrong name before the first input.
        fatalError("WASMESH_FUZZ_TARGET is '\(name)'; there are \(FuzzTarget.all.map(\.name).joined(separator: " "))")
    }
    return target
}()
