/// One difference between two versions of a schema.
package struct CompatibilityChange: Sendable, Hashable, CustomStringConvertible {
    package enum Severity: String, Sendable, Hashable {
        /// Somebody who worked before stops working.
        case breaking
        /// Everybody goes on.
        case compatible
    }

    /// Who notices.
    package enum Audience: String, Sendable, Hashable {
        case callers
        /// Services that handle the event, and events that wait in topics.
        case handlers
        /// Workflows that run, and who starts, signals or searches them.
        case workflows
        /// State that is stored, and who reads it with SQL.
        case state = "stored state"
    }

    package let severity: Severity
    package let audience: Audience
    /// What changed: `shop.Orders/place`, `order.placed`, `Order`.
    package let subject: String
    /// What it means, a sentence without the subject.
    package let message: String

    package init(_ severity: Severity, _ audience: Audience, _ subject: String, _ message: String) {
        self.severity = severity
        self.audience = audience
        self.subject = subject
        self.message = message
    }

    /// `breaking for callers: shop.Orders/place: …`.
    package var description: String { "\(severity.rawValue) for \(audience.rawValue): \(subject): \(message)" }
}
