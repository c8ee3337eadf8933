/// What a decorator is and takes. The one list that the checker, its messages and the reference share.
struct DecoratorSpecification: Sendable {
    /// What a decorator can stand on; the raw value is its name in messages.
    enum Target: String, Sendable {
        case document = "the document"
        case type = "a type"
        case field = "a field"
        case argument = "an argument"
        case enumeration = "an enum"
        case enumValue = "an enum value"
        case service = "a service"
        case method = "a method"
    }

    struct Parameter: Sendable {
        indirect enum Kind: Sendable {
            case text
            case wholeNumber(ClosedRange<Int>)
            case number
            case duration(ClosedRange<Duration>)
            case byteCount(ClosedRange<Int>)
            case texts
            case choice([String])
            case object([Parameter])
        }

        var name: String
        var kind: Kind
        var isRequired = false
    }

    var name: String
    var targets: [Target]
    var parameters: [Parameter] = []
    /// True where the first parameter may be given without its name: `@min(1)`.
    var takesPosition = false
    /// Set for a decorator the language has and this version can't honour yet: why it is refused.
    var refusal: String?
}

enum DecoratorCatalogue {
    static let durations = Duration.milliseconds(1)...Duration.seconds(24 * 3600)

    static let batchParameters: [DecoratorSpecification.Parameter] = [
        .init(name: "maxItems", kind: .wholeNumber(1...10_000)),
        .init(name: "maxTime", kind: .duration(Duration.milliseconds(1)...Duration.seconds(60))),
        .init(name: "maxBytes", kind: .byteCount(1...16 << 20)),
    ]

    static let all: [DecoratorSpecification] = [
        .init(
            name: "mesh", targets: [.document, .service],
            parameters: [
                .init(name: "namespace", kind: .text, isRequired: true),
                .init(name: "version", kind: .text, isRequired: true),
            ]),
        .init(
            name: "key", targets: [.type, .method],
            parameters: [.init(name: "field", kind: .text, isRequired: true)], takesPosition: true),
        .init(
            name: "state", targets: [.service], parameters: [.init(name: "type", kind: .text, isRequired: true)],
            takesPosition: true),
        .init(
            name: "emits", targets: [.method],
            parameters: [.init(name: "event", kind: .text, isRequired: true), .init(name: "key", kind: .text)]),
        .init(
            name: "handles", targets: [.method],
            parameters: [
                .init(name: "event", kind: .text, isRequired: true), .init(name: "key", kind: .text),
                .init(name: "batch", kind: .object(batchParameters)),
            ]),
        .init(name: "batch", targets: [.method], parameters: batchParameters),
        .init(
            name: "durable", targets: [.method],
            parameters: [
                .init(name: "retries", kind: .wholeNumber(0...1000)),
                .init(name: "timeout", kind: .duration(durations)),
                .init(name: "backoff", kind: .choice(DurablePolicy.Backoff.allCases.map(\.rawValue))),
            ]),
        .init(name: "idempotent", targets: [.method]),
        .init(name: "scheduleOnly", targets: [.method]),
        .init(
            name: "auth", targets: [.method, .service],
            parameters: [.init(name: "roles", kind: .texts, isRequired: true)]),
        .init(
            name: "deprecated", targets: [.type, .field, .argument, .enumeration, .enumValue, .service, .method],
            parameters: [.init(name: "reason", kind: .text), .init(name: "removeBy", kind: .text)], takesPosition: true),
        .init(
            name: "min", targets: [.field, .argument],
            parameters: [.init(name: "value", kind: .number, isRequired: true)], takesPosition: true),
        .init(
            name: "max", targets: [.field, .argument],
            parameters: [.init(name: "value", kind: .number, isRequired: true)], takesPosition: true),
        .init(
            name: "length", targets: [.field, .argument],
            parameters: [
                .init(name: "min", kind: .wholeNumber(0...1 << 30)),
                .init(name: "max", kind: .wholeNumber(0...1 << 30)),
            ]),
        .init(
            name: "pattern", targets: [.field, .argument],
            parameters: [.init(name: "regex", kind: .text, isRequired: true)], takesPosition: true),
        .init(name: "workflow", targets: [.method]),
        .init(name: "signal", targets: [.method]),
        .init(name: "query", targets: [.method]),
        .init(
            name: "schedule", targets: [.method],
            parameters: [
                .init(name: "cron", kind: .text, isRequired: true), .init(name: "timezone", kind: .text),
                .init(name: "overlap", kind: .choice(SchedulePolicy.Overlap.allCases.map(\.rawValue))),
                .init(name: "catchUp", kind: .duration(Duration.zero...Duration.seconds(30 * 24 * 3600))),
            ], takesPosition: true),
        .init(name: "attribute", targets: [.field]),
        .init(
            name: "filters", targets: [.method],
            refusal: "filters come in a later version; until then return early in the handler"),
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    static func specification(_ name: String) -> DecoratorSpecification? { byName[name] }

    /// The implemented ones that can stand on `target`.
    static func names(for target: DecoratorSpecification.Target) -> [String] {
        all.filter { $0.targets.contains(target) && $0.refusal == nil }.map(\.name)
    }
}
