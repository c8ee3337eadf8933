extension Parser {
    struct Body<Member> {
        var members: [Member] = []
        /// True where a member was lost to a syntax error.
        var isIncomplete = false
    }

    /// What stood before a member's name.
    struct Pending {
        /// The first token of the member, which its indentation is measured by.
        var first: Token
        var documentation: String?
        var decorators: [DecoratorSyntax] = []
    }

    /// Reads members up to the closing brace; the opening one has been read.
    ///
    /// Decorators stand before a member or after it. One between two members belongs to the first if it stands on the line where that
    /// one ends or is indented deeper than it, else to the second; one before the closing brace belongs to the last member. Where both
    /// members stand on one line, see `belongsToNextOnThisLine`.
    mutating func parseBody<Member>(
        of owner: NameSyntax, _ open: Token,
        _ parseMember: (inout Parser, Pending, inout [Member]) throws(Failure) -> Void,
        attach: (inout Member, [DecoratorSyntax]) -> Void
    ) -> Body<Member> {
        var body = Body<Member>()
        while !take("}") {
            if current.kind == .endOfFile || isAtDefinition() {
                let before = current.kind == .endOfFile ? "" : " before `\(current.text)` on line \(current.line)"
                // Behind another error the brace may be among what was skipped.
                if !body.isIncomplete {
                    report(location(open), "the `{` of `\(owner.text)` is never closed; add `}`\(before)")
                }
                body.isIncomplete = true
                break
            }
            let start = index
            do {
                var pending = Pending(first: current, documentation: takeDocumentation())
                pending.decorators = try parsePrefixDecorators()
                if pending.documentation == nil { pending.documentation = takeDocumentation() }
                if current.isPunctuator("}"), let last = body.members.indices.last, pending.documentation == nil {
                    attach(&body.members[last], pending.decorators)
                    continue
                }
                try parseMember(&self, pending, &body.members)
            } catch {
                body.isIncomplete = true
                skipToMember(from: start)
            }
        }
        return body
    }

    mutating func parseMembers(of owner: NameSyntax, _ open: Token, withArguments: Bool) -> Body<MemberSyntax> {
        parseBody(of: owner, open) { parser, pending, members throws(Failure) in
            members.append(
                try parser.parseMember(pending, withArguments ? "method" : "field", withArguments: withArguments))
        } attach: {
            $0.decorators += $1
        }
    }

    mutating func parseEnumValue(_ pending: Pending, _ values: inout [EnumValueSyntax]) throws(Failure) {
        let name = try expectName("the name of an enum value")
        if current.isPunctuator(":") { throw fail("an enum's values have no type; remove `:` and what follows") }
        let decorators = try parseTrailingDecorators(pending)
        values.append(
            EnumValueSyntax(
                name: name, documentation: pending.documentation, decorators: pending.decorators + decorators))
    }

    /// A field, an argument or a method: `name(arguments): Type @decorators`.
    mutating func parseMember(_ pending: Pending, _ what: String, withArguments: Bool) throws(Failure) -> MemberSyntax {
        let name = try expectName("the name of \(what == "argument" ? "an" : "a") \(what)")
        var arguments: [MemberSyntax]?
        if current.isPunctuator("(") {
            guard withArguments else {
                throw fail("a \(what) has no arguments; only a service's methods have")
            }
            arguments = try parseArguments(of: name)
        }
        guard take(":") else {
            throw failMissing("expected `:` and the type of `\(name.text.shortened)`, found \(current.shown)")
        }
        let type = try parseTypeReference(of: name)
        if current.isPunctuator("=") {
            throw fail("default values aren't part of the schema language; make `\(name.text)` nullable instead")
        }
        return MemberSyntax(
            name: name, documentation: pending.documentation,
            decorators: pending.decorators + (try parseTrailingDecorators(pending)), arguments: arguments,
            type: type)
    }

    private mutating func parseArguments(of method: NameSyntax) throws(Failure) -> [MemberSyntax] {
        advance()
        var arguments: [MemberSyntax] = []
        while !take(")") {
            var pending = Pending(first: current, documentation: takeDocumentation())
            pending.decorators = try parsePrefixDecorators()
            if pending.documentation == nil { pending.documentation = takeDocumentation() }
            if current.isPunctuator(")"), !arguments.isEmpty, pending.documentation == nil {
                arguments[arguments.count - 1].decorators += pending.decorators
                continue
            }
            let isMethod = current.line > previous.endLine && peek(1).isPunctuator("(")
            guard current.kind == .name, !isMethod else {
                throw failMissing("expected `)` or another argument of `\(method.text)`, found \(current.shown)")
            }
            arguments.append(try parseMember(pending, "argument", withArguments: false))
        }
        return arguments
    }

    mutating func parseTypeReference(of owner: NameSyntax, depth: Int = 0) throws(Failure) -> TypeReferenceSyntax {
        let start = location(current)
        let base: TypeReferenceSyntax.Base
        if take("[") {
            guard depth < Parser.maximumNesting else {
                throw fail("lists nest at most \(Parser.maximumNesting) deep; put a type of its own between")
            }
            base = .list(try parseTypeReference(of: owner, depth: depth + 1))
            try expect("]", "after the type of the list's items")
        } else {
            let isNextMember =
                current.line > previous.endLine && (peek(1).isPunctuator(":") || peek(1).isPunctuator("("))
            guard current.kind == .name, !isNextMember else {
                throw failMissing("expected the type of `\(owner.text.shortened)`, found \(current.shown)")
            }
            base = .named(try expectName("a type"))
        }
        return TypeReferenceSyntax(base: base, isNullable: !take("!"), location: start)
    }

    mutating func takeDocumentation() -> String? {
        guard current.kind == .string || current.kind == .blockString else { return nil }
        let text = current.text
        advance()
        return text
    }

    /// Skips to where the next member may start: on a later line, a docstring, a decorator or a name with `:` or `(`; or to the closing brace.
    private mutating func skipToMember(from start: Int) {
        var depth = 0
        if index == start, !current.isPunctuator("}") { advance() }
        while current.kind != .endOfFile, !isAtDefinition() {
            let isStart =
                current.kind == .string || current.kind == .blockString || current.isPunctuator("@")
                || current.kind == .name && (peek(1).isPunctuator(":") || peek(1).isPunctuator("("))
            if depth <= 0, index > start, previous.endLine < current.line, isStart { return }
            if current.kind == .punctuator {
                switch current.text {
                case "{", "(", "[": depth += 1
                case "}" where depth <= 0: return
                case "}", ")", "]": depth -= 1
                default: break
                }
            }
            advance()
        }
    }
}
