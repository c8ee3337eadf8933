extension Parser {
    /// Decorators before a member or a definition.
    mutating func parsePrefixDecorators() throws(Failure) -> [DecoratorSyntax] {
        var decorators: [DecoratorSyntax] = []
        while current.isPunctuator("@") { decorators.append(try parseDecorator()) }
        return decorators
    }

    /// Decorators after a member, of those that follow it; see `parseBody` for which ones are its own.
    mutating func parseTrailingDecorators(_ member: Pending) throws(Failure) -> [DecoratorSyntax] {
        guard !belongsToNextOnThisLine(member) else { return [] }
        var decorators: [DecoratorSyntax] = []
        while current.isPunctuator("@"), current.line == previous.endLine || current.column > member.first.column {
            decorators.append(try parseDecorator())
        }
        return decorators
    }

    /// Whether the decorators here stand between two members on one line and go with the second: `@emits` and `@handles` do, and so
    /// do any where the first has its own before it.
    private func belongsToNextOnThisLine(_ member: Pending) -> Bool {
        guard current.isPunctuator("@"), current.line == previous.endLine else { return false }
        var ahead = 0
        var declaresKind = false
        while peek(ahead).isPunctuator("@"), peek(ahead + 1).kind == .name {
            // Where a line ends between the decorators, so does this one's share of them.
            guard ahead == 0 || peek(ahead).line == peek(ahead - 1).endLine else { return false }
            declaresKind = declaresKind || ["emits", "handles"].contains(peek(ahead + 1).text)
            ahead += 2
            // Over the arguments in one step, also where they are never closed: each member of the rest may look there.
            if let closing = closings[index + ahead] { ahead = closing + 1 - index }
        }
        let next = peek(ahead)
        let startsMember = next.kind == .name || next.kind == .string || next.kind == .blockString
        return startsMember && next.line == peek(ahead - 1).endLine && (declaresKind || !member.decorators.isEmpty)
    }

    mutating func parseDecorator() throws(Failure) -> DecoratorSyntax {
        let start = location(current)
        advance()
        let name = try expectName("the name of a decorator after `@`")
        var decorator = DecoratorSyntax(name: name.text, location: start, arguments: [])
        guard take("(") else { return decorator }
        while !take(")") {
            let starts = current.kind != .punctuator || current.isPunctuator("[") || current.isPunctuator("{")
            guard starts, current.kind != .endOfFile, !isAtNextMember else {
                throw failMissing("expected `)` or another argument of `@\(name.text)`, found \(current.shown)")
            }
            decorator.arguments.append(try parseDecoratorArgument())
        }
        return decorator
    }

    /// Whether a new line begins here with what looks like a member (`name: Type`, `name(`, a docstring and a name) rather than an
    /// argument (`name: "value"`): then the parenthesis before it was left open.
    var isAtNextMember: Bool {
        guard current.line > previous.endLine else { return false }
        if isAtDefinition() || current.kind == .string && peek(1).kind == .name { return true }
        guard current.kind == .name else { return false }
        if peek(1).isPunctuator("(") { return true }
        var ahead = 2
        while peek(ahead).isPunctuator("[") { ahead += 1 }
        let first = peek(ahead).text.utf8.first ?? 0
        return peek(1).isPunctuator(":") && peek(ahead).kind == .name && first >= UInt8(ascii: "A")
            && first <= UInt8(ascii: "Z")
    }

    private mutating func parseDecoratorArgument(depth: Int = 0) throws(Failure) -> DecoratorArgumentSyntax {
        guard current.kind == .name, peek(1).isPunctuator(":") else {
            return DecoratorArgumentSyntax(name: nil, value: try parseValue(depth: depth))
        }
        let name = try expectName("the name of an argument")
        advance()
        return DecoratorArgumentSyntax(name: name, value: try parseValue(depth: depth))
    }

    private mutating func parseValue(depth: Int) throws(Failure) -> ValueSyntax {
        let token = current
        let place = location(token)
        guard depth <= Parser.maximumNesting else {
            throw fail("values nest at most \(Parser.maximumNesting) deep")
        }
        guard !isAtNextMember else { throw failMissing("expected a value, found \(token.shown)") }
        let kind: ValueSyntax.Kind
        switch token.kind {
        case _ where token.isReported: kind = .invalid
        case .string, .blockString: kind = .string(token.text)
        case .integer: kind = .integer(token.text)
        case .float: kind = .float(token.text)
        case .name where token.text == "true" || token.text == "false": kind = .boolean(token.text == "true")
        case .name where token.text == "null": kind = .null
        case .name: kind = .word(token.text)
        case .punctuator where token.text == "[": return ValueSyntax(kind: try parseList(depth), location: place)
        case .punctuator where token.text == "{": return ValueSyntax(kind: try parseObject(depth), location: place)
        case .punctuator, .endOfFile: throw failMissing("expected a value, found \(token.shown)")
        }
        advance()
        if token.isBroken { throw Failure() }
        return ValueSyntax(kind: kind, location: place)
    }

    private mutating func parseList(_ depth: Int) throws(Failure) -> ValueSyntax.Kind {
        advance()
        var values: [ValueSyntax] = []
        while !take("]") {
            guard current.kind != .endOfFile else {
                throw fail("expected `]` at the end of the list, found \(current.shown)")
            }
            values.append(try parseValue(depth: depth + 1))
        }
        return .list(values)
    }

    private mutating func parseObject(_ depth: Int) throws(Failure) -> ValueSyntax.Kind {
        advance()
        var fields: [DecoratorArgumentSyntax] = []
        while !take("}") {
            guard current.kind == .name else {
                throw fail("expected `}` or the name of a field of the object, found \(current.shown)")
            }
            let name = try expectName("the name of a field")
            try expect(":", "after `\(name.text.shortened)`")
            fields.append(DecoratorArgumentSyntax(name: name, value: try parseValue(depth: depth + 1)))
        }
        return .object(fields)
    }
}
