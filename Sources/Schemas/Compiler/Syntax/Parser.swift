/// Reads the tokens of one document into a syntax tree.
///
/// An error is reported once, where it is; the parser then skips to the next member or definition, so that the rest of the
/// document is still checked. What follows a string that never ends is read, but not trusted: no error of syntax is reported
/// from there to the end of the definition.
struct Parser {
    /// A syntax error that has been reported already.
    struct Failure: Error {}

    /// Lists in lists, in types and in values.
    static let maximumNesting = 16
    static let definitionKeywords = ["type", "input", "enum", "service"]

    let tokens: [Token]
    let path: String
    let sink: DiagnosticSink
    var index = 0
    /// The first token of the definition that is being read.
    private var definitionStart = 0
    /// For each token, the last one up to it that never ends; -1 for none.
    private let lastBroken: [Int]
    /// For each bracket that opens something, where that is closed; the end of the file where it never is.
    let closings: [Int: Int]
    var document: DocumentSyntax

    private init(_ source: SchemaSource, sink: DiagnosticSink) {
        let tokens = Lexer.tokens(of: source, sink: sink)
        var last = -1
        lastBroken = tokens.indices.map { index in
            if tokens[index].isBroken { last = index }
            return last
        }
        self.tokens = tokens
        closings = Parser.closings(in: tokens)
        path = source.path
        self.sink = sink
        document = DocumentSyntax(
            start: SourceLocation(file: source.path, line: tokens[0].line, column: tokens[0].column))
    }

    static func parse(_ source: SchemaSource, sink: DiagnosticSink) -> DocumentSyntax {
        var parser = Parser(source, sink: sink)
        // A block string that never ends has swallowed all that follows; another string, no more than its line.
        if let last = parser.tokens.last(where: \.isBroken), last.kind != .string {
            parser.document.isIncomplete = true
        }
        while parser.current.kind != .endOfFile { parser.parseDefinition() }
        return parser.document
    }

    // MARK: Tokens

    private static func closings(in tokens: [Token]) -> [Int: Int] {
        var open: [Int] = []
        var closings: [Int: Int] = [:]
        for (index, token) in tokens.enumerated() where token.kind == .punctuator {
            if "([{".contains(token.text) {
                open.append(index)
                closings[index] = tokens.count - 1
            } else if ")]}".contains(token.text), let start = open.popLast() {
                closings[start] = index
            }
        }
        return closings
    }

    var current: Token { tokens[index] }
    var previous: Token { tokens[max(0, index - 1)] }

    func peek(_ ahead: Int) -> Token { tokens[min(index + ahead, tokens.count - 1)] }

    func location(_ token: Token) -> SourceLocation {
        SourceLocation(file: path, line: token.line, column: token.column)
    }

    mutating func advance() { if index < tokens.count - 1 { index += 1 } }

    /// Steps over the punctuator, if it is next.
    mutating func take(_ punctuator: String) -> Bool {
        guard current.isPunctuator(punctuator) else { return false }
        advance()
        return true
    }

    mutating func expect(_ punctuator: String, _ context: @autoclosure () -> String) throws(Failure) {
        if !take(punctuator) { throw failMissing("expected `\(punctuator)` \(context()), found \(current.shown)") }
    }

    mutating func expectName(_ what: @autoclosure () -> String) throws(Failure) -> NameSyntax {
        guard current.kind == .name else { throw fail("expected \(what()), found \(current.shown)") }
        let name = NameSyntax(text: current.text, location: location(current))
        advance()
        return name
    }

    /// Reports an error at the current token; at the end of the file, at the last one.
    func fail(_ message: @autoclosure () -> String) -> Failure {
        if !current.isReported { report(location(current.kind == .endOfFile ? previous : current), message()) }
        return Failure()
    }

    /// Reports that something should have come here; where a new line follows, at the end of the line before.
    func failMissing(_ message: @autoclosure () -> String) -> Failure {
        let isOnNextLine = current.line > previous.endLine && index > 0
        if !current.isReported || isOnNextLine { report(location(isOnNextLine ? previous : current), message()) }
        return Failure()
    }

    func report(_ location: SourceLocation, _ message: @autoclosure () -> String) {
        guard !sink.isFull else { return sink.report(location, "") }
        if lastBroken[index] < min(definitionStart, index) { sink.report(location, message()) }
    }

    // MARK: Definitions

    private mutating func parseDefinition() {
        definitionStart = index
        do {
            var documentation = takeDocumentation()
            if current.isPunctuator("@"), peek(1).isName("mesh") {
                document.decorators.append(try parseDecorator())
                if document.documentation == nil { document.documentation = documentation }
                return
            }
            let decorators = try parsePrefixDecorators()
            document.decorators += decorators.filter { $0.name == "mesh" }
            if documentation == nil { documentation = takeDocumentation() }
            try parseDefinition(
                Header(documentation: documentation, decorators: decorators.filter { $0.name != "mesh" }))
        } catch {
            document.isIncomplete = true
            skipToDefinition()
        }
    }

    /// What stood before a definition's keyword.
    struct Header {
        var documentation: String?
        var decorators: [DecoratorSyntax]
    }

    private mutating func parseDefinition(_ header: Header) throws(Failure) {
        let keyword = current
        guard keyword.kind == .name else {
            if keyword.isPunctuator("}") {
                throw fail("`}` closes nothing; remove it, or check the braces above")
            }
            throw fail("expected `type`, `enum` or `service`, found \(keyword.shown)")
        }
        let looksLikeDefinition = peek(1).kind == .name && (peek(2).isPunctuator("{") || peek(2).isPunctuator("@"))
        switch keyword.text {
        case "type", "input", "enum", "service":
            advance()
            try parseDefinition(keyword.text, header)
        case "interface", "union", "scalar", "directive", "extend", "schema", "fragment", "query", "mutation",
            "subscription":
            throw fail("`\(keyword.text)` isn't part of the schema language; there are `type`, `enum` and `service`")
        default:
            let guess = Suggestion.closest(to: keyword.text, among: Parser.definitionKeywords)
            let failure = fail(
                "`\(keyword.text.shortened)` isn't a definition"
                    + (guess.map { "; did you mean `\($0)`?" }
                        ?? Parser.hint(for: keyword.text)))
            guard let guess, looksLikeDefinition else { throw failure }
            advance()
            try parseDefinition(guess, header)
        }
    }

    private static func hint(for keyword: String) -> String {
        keyword == "event"
            ? "; an event is declared by a service's method: `@emits(event: \"order.placed\", key: \"id\")`"
            : "; a document holds `@mesh(…)`, `type`, `enum` and `service`"
    }

    private mutating func parseDefinition(_ keyword: String, _ header: Header) throws(Failure) {
        let name = try expectName("the name of the \(keyword) after `\(keyword)`")
        var decorators = header.decorators
        while current.isPunctuator("@") { decorators.append(try parseDecorator()) }
        if current.isName("implements") {
            throw fail("interfaces aren't part of the schema language; repeat the fields in `\(name.text)`")
        }
        let open = current
        try expect("{", "after `\(keyword) \(name.text)`")
        switch keyword {
        case "enum":
            let body = parseBody(of: name, open) { parser, pending, members throws(Failure) in
                try parser.parseEnumValue(pending, &members)
            } attach: {
                $0.decorators += $1
            }
            document.enums.append(
                EnumSyntax(
                    name: name, documentation: header.documentation, decorators: decorators, values: body.members,
                    isIncomplete: body.isIncomplete))
        case "service":
            let body = parseMembers(of: name, open, withArguments: true)
            document.services.append(
                ServiceSyntax(
                    name: name, documentation: header.documentation, decorators: decorators, methods: body.members,
                    isIncomplete: body.isIncomplete))
        default:
            let body = parseMembers(of: name, open, withArguments: false)
            document.types.append(
                TypeSyntax(
                    name: name, documentation: header.documentation, decorators: decorators, fields: body.members,
                    isIncomplete: body.isIncomplete))
        }
    }

    /// Whether a definition starts here: a keyword, a name, any decorators, and an opening brace.
    func isAtDefinition() -> Bool {
        guard current.kind == .name, Parser.definitionKeywords.contains(current.text), peek(1).kind == .name else {
            return false
        }
        var ahead = 2
        while peek(ahead).isPunctuator("@"), peek(ahead + 1).kind == .name, ahead < 200 {
            ahead += 2
            guard peek(ahead).isPunctuator("(") else { continue }
            while !peek(ahead).isPunctuator(")"), peek(ahead).kind != .endOfFile, ahead < 200 { ahead += 1 }
            ahead += 1
        }
        return peek(ahead).isPunctuator("{")
    }

    /// Skips to where the next definition may start, over whole blocks in braces.
    private mutating func skipToDefinition() {
        if index == definitionStart { advance() }
        var depth = 0
        while current.kind != .endOfFile {
            if isAtDefinition() { return }
            if depth == 0, current.isPunctuator("@"), peek(1).isName("mesh") { return }
            // What begins a line where definitions do is the next one, also where its keyword isn't known.
            if depth == 0, current.column == 1, current.kind == .name, current.line > previous.endLine { return }
            if current.isPunctuator("{") { depth += 1 }
            if current.isPunctuator("}") {
                depth -= 1
                if depth <= 0 {
                    advance()
                    return
                }
            }
            advance()
        }
    }
}
