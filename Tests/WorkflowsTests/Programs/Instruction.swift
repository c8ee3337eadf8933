import TestSupport

/// One instruction of the little machine that stands for a workflow's code in these tests: an operation and three small numbers.
///
/// `NativeProgram` runs it against a `WorkflowCalls`, `Guests/machine.c` in the sandbox; both fold everything that they are told into one
/// number, so that two runs that end with the same number were told the same things in the same order.
struct Instruction: Equatable {
    enum Operation: UInt8, CaseIterable {
        /// a: slot, b: argument, c: 0 answers, 1 fails, 2 fails twice and may be retried, 3 has a deadline.
        case call = 1
        /// a: slot, b: argument, c: as for `call`.
        case local
        /// a: slot, b: milliseconds.
        case timer
        /// a: slot, b: which signal.
        case receive
        /// a: slot, b: argument, c: 0 awaited, 1 detached, 2 abandoned at the end.
        case child
        /// a: slot.
        case await
        /// a: a mask of slots, b: 0 by a list, 1 by a group of its own, 2 by the group that lasts.
        case any
        case status, cancel
        /// a: argument.
        case emit, send
        case read
        case write
        case delete
        /// a: which.
        case patch
        case random, now
        /// a: a bit of the number, b: how many instructions to skip where it is set.
        case skip
        /// a: counter, b: times, c: how many instructions to go back.
        case loop
        /// a: how many runs there are to be.
        case next
        case fail
        /// a: 0 a call of nobody, 1 an event that isn't declared, 2 options that make no sense.
        case refused
        /// a: which.
        case config
        /// a: which signal.
        case close
        /// Answers what the code was told of last. a: argument, b: 0 answers, 1 refuses, 2 doesn't fit.
        case reply
    }

    var operation: Operation
    var a: UInt8 = 0
    var b: UInt8 = 0
    var c: UInt8 = 0

    init(_ operation: Operation, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) {
        self.operation = operation
        self.a = UInt8(a)
        self.b = UInt8(b)
        self.c = UInt8(c)
    }

    var bytes: [UInt8] { [operation.rawValue, a, b, c] }
}

/// A program of that machine.
struct Program: Equatable, CustomStringConvertible {
    var instructions: [Instruction]

    static let slots = 8

    init(_ instructions: [Instruction]) { self.instructions = instructions }

    /// As the workflow's input: `{"p":"<hexadecimal>","n":1}`.
    func input(run: Int = 1) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        let text = instructions.flatMap(\.bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return Array("{\"p\":\"".utf8) + text + Array("\",\"n\":\(run)}".utf8)
    }

    var description: String {
        instructions.map { "\($0.operation)(\($0.a),\($0.b),\($0.c))" }.joined(separator: " ")
    }

    /// A random program. `isOrdered`: nothing in it tells in which order independent things happened.
    static func random(using seed: inout Seed, length: Int, isOrdered: Bool) -> Program {
        var instructions: [Instruction] = []
        let slots = Program.slots - 1
        while instructions.count < length {
            let slot = seed.integer(in: 0...slots)
            switch seed.integer(in: 0...99) {
            case 0..<16:
                instructions.append(.init(.call, slot, seed.integer(in: 0...99), seed.integer(in: 0...3)))
                if seed.chance(0.5) { instructions.append(.init(.await, slot)) }
            case 16..<26:
                // A step that is tried again changes the state at its own time.
                let kind = seed.integer(in: 0...(isOrdered ? 1 : 2))
                instructions.append(.init(.local, slot, seed.integer(in: 0...99), kind))
            case 26..<32: instructions.append(.init(.timer, slot, seed.integer(in: 0...200)))
            case 32..<40:
                let isAnswered = seed.chance(0.5)
                instructions.append(.init(.receive, slot, isAnswered ? 1 : 0))
                if isAnswered, seed.chance(0.5) { instructions.append(.init(.await, slot)) }
                if seed.chance(0.5) {
                    instructions.append(.init(.reply, seed.integer(in: 0...99), seed.integer(in: 0...2)))
                }
            case 40..<47: instructions.append(.init(.child, slot, seed.integer(in: 0...9), seed.integer(in: 0...2)))
            case 47..<58: instructions.append(.init(.await, slot))
            case 58..<63 where !isOrdered:
                instructions.append(.init(.any, seed.integer(in: 0...255), seed.integer(in: 0...2)))
            case 63..<65 where !isOrdered: instructions.append(.init(.status, slot))
            case 65..<68 where !isOrdered: instructions.append(.init(.cancel, slot))
            case 68..<73: instructions.append(.init(.emit, seed.integer(in: 0...99)))
            case 73..<77: instructions.append(.init(.send, seed.integer(in: 0...99)))
            case 77..<80: instructions.append(.init(.read))
            case 80..<83: instructions.append(.init(.write, seed.integer(in: 0...99)))
            case 83: instructions.append(.init(.delete))
            case 84..<86: instructions.append(.init(.patch, seed.integer(in: 0...2)))
            case 86: instructions.append(.init(.random))
            case 87 where !isOrdered: instructions.append(.init(.now))
            case 88..<92: instructions.append(.init(.skip, seed.integer(in: 0...31), seed.integer(in: 1...4)))
            case 92..<95:
                let back = min(instructions.count, seed.integer(in: 1...5))
                instructions.append(.init(.loop, seed.integer(in: 0...3), seed.integer(in: 1...3), back))
            case 95 where !isOrdered: instructions.append(.init(.next, seed.integer(in: 2...3)))
            case 96 where seed.chance(0.3): instructions.append(.init(.fail))
            case 97..<99: instructions.append(.init(.refused, seed.integer(in: 0...2)))
            case 99 where seed.chance(0.7): instructions.append(.init(.config, seed.integer(in: 0...2)))
            case 99 where !isOrdered: instructions.append(.init(.close, seed.integer(in: 0...1)))
            default: break
            }
        }
        return Program(instructions)
    }
}
