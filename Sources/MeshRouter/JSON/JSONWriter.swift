import MeshCore

/// Writes JSON text; commas take care of themselves.
package struct JSONWriter: Sendable {
    package private(set) var text = ""
    private var needsComma = false

    package init() {}

    /// The text of one object.
    package static func object(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        writer.object(body)
        return writer.text
    }

    package mutating func object(_ body: (inout JSONWriter) -> Void) { nest("{", "}", body) }

    package mutating func array<Element>(
        _ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void
    ) {
        nest("[", "]") { writer in
            for element in elements { body(&writer, element) }
        }
    }

    /// A member whose value `body` writes.
    package mutating func member(_ name: String, _ body: (inout JSONWriter) -> Void) {
        separate()
        JSONText.appendString(name, to: &text)
        text += ":"
        needsComma = false
        body(&self)
        needsComma = true
    }

    package mutating func member(_ name: String, _ value: String?) {
        member(name) { writer in
            if let value { writer.string(value) } else { writer.raw("null") }
        }
    }

    package mutating func member(_ name: String, _ value: some BinaryInteger) { member(name) { $0.raw(String(value)) } }

    package mutating func member(_ name: String, _ value: Bool) { member(name) { $0.raw(value ? "true" : "false") } }

    package mutating func member(_ name: String, _ values: [String]) {
        member(name) { writer in writer.array(values) { $0.string($1) } }
    }

    /// A member whose value is JSON text already; `null` where there is none.
    package mutating func member(_ name: String, json: String?) { member(name) { $0.raw(json ?? "null") } }

    package mutating func string(_ value: String) {
        separate()
        JSONText.appendString(value, to: &text)
    }

    /// JSON text as it is.
    package mutating func raw(_ json: String) {
        separate()
        text += json
    }

    private mutating func nest(_ open: String, _ close: String, _ body: (inout JSONWriter) -> Void) {
        separate()
        text += open
        needsComma = false
        body(&self)
        text += close
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { text += "," }
        needsComma = true
    }
}
