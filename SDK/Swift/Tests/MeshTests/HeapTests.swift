import CMeshRuntime
import Foundation
import Testing

/// The memory that the heap under test grows into: pieces of one arena, in order, as linear memory grows.
nonisolated(unsafe) private let arena = UnsafeMutableRawPointer.allocate(byteCount: arenaSize, alignment: 65536)
private let arenaSize = 256 << 20
nonisolated(unsafe) private var arenaUsed = 8

@_cdecl("mesh_heap_grow")
func meshHeapGrow(_ size: Int, _ given: UnsafeMutablePointer<Int>) -> UnsafeMutableRawPointer? {
    let pages = (size + 65535) / 65536 * 65536
    guard arenaUsed + pages <= arenaSize else { return nil }
    defer { arenaUsed += pages }
    given.pointee = pages
    return arena + arenaUsed
}

@Suite(.serialized) struct Heap {
    @Test func `random use keeps every block apart, and the heap sound`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var blocks: [(start: UnsafeMutableRawPointer, size: Int, mark: UInt8)] = []
        for step in 0..<200_000 {
            if blocks.count > 400 || (!blocks.isEmpty && Int.random(in: 0..<5, using: &random) < 2) {
                let block = blocks.remove(at: Int.random(in: 0..<blocks.count, using: &random))
                let isIntact = (0..<min(block.size, 64)).allSatisfy { offset in
                    block.start.load(fromByteOffset: offset, as: UInt8.self) == block.mark
                        && block.start.load(fromByteOffset: block.size - 1 - offset, as: UInt8.self) == block.mark
                }
                guard isIntact else {
                    _ = Issue.record("a block was overwritten at step \(step), seed \(seed)"); return
                }
                mesh_heap_free(block.start)
            } else {
                let size =
                    [1, 16, 100, 1000, 40_000].randomElement(using: &random)! * Int.random(in: 1...4, using: &random)
                let alignment = [1, 8, 16, 16, 32, 256, 4096].randomElement(using: &random)!
                guard let start = mesh_heap_allocate(size, alignment) else {
                    Issue.record("out of memory at step \(step), seed \(seed)")
                    return
                }
                guard Int(bitPattern: start) % max(alignment, 16) == 0, mesh_heap_block_size(start) >= size else {
                    Issue.record("a block of \(size) at \(start) for alignment \(alignment), seed \(seed)")
                    return
                }
                let mark = UInt8.random(in: 0...255, using: &random)
                memset(start, Int32(mark), size)
                blocks.append((start, size, mark))
            }
            if step % 1000 == 0, mesh_heap_is_sound() == 0 {
                Issue.record("unsound at step \(step), seed \(seed)")
                return
            }
        }
        for block in blocks { mesh_heap_free(block.start) }
        #expect(mesh_heap_is_sound() == 1)
        #expect(mesh_heap_used() == 0)
    }

    @Test func `memory that is given back is used again, also across seams`() {
        // 10,000 rounds of growing an array: without reuse this would take gigabytes.
        let before = arenaUsed
        for _ in 0..<10_000 {
            var current = mesh_heap_allocate(64, 16)
            var size = 64
            while size < 1 << 20 {
                size *= 2
                let next = mesh_heap_allocate(size, 16)
                mesh_heap_free(current)
                current = next
            }
            mesh_heap_free(current)
        }
        #expect(arenaUsed - before < 8 << 20)
        #expect(mesh_heap_used() == 0)
        #expect(mesh_heap_is_sound() == 1)
    }

    @Test func `small blocks that are kept become one again before memory grows`() {
        let room = mesh_heap_allocate(1_500_000, 16)
        var before = arenaUsed
        // All other room is taken.
        var others: [UnsafeMutableRawPointer?] = []
        while arenaUsed == before { others.append(mesh_heap_allocate(1000, 16)) }
        before = arenaUsed
        mesh_heap_free(room)
        // What is kept of one size is of no use to the next.
        for size in stride(from: 16, to: 400, by: 16) {
            let blocks = (0..<1_400_000 / (size + 16)).map { _ in mesh_heap_allocate(size, 16) }
            for block in blocks { mesh_heap_free(block) }
        }
        #expect(arenaUsed == before)
        mesh_heap_free(mesh_heap_allocate(1_500_000, 16))
        #expect(arenaUsed == before)
        for block in others { mesh_heap_free(block) }
        #expect(mesh_heap_used() == 0 && mesh_heap_is_sound() == 1)
    }

    @Test func `a request that can't be met is refused`() {
        #expect(mesh_heap_allocate(Int.max / 2, 16) == nil)
        #expect(mesh_heap_allocate(arenaSize * 2, 16) == nil)
        #expect(mesh_heap_is_sound() == 1)
    }
}
