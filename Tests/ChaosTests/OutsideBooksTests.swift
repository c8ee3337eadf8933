import Chaos
import Testing

/// The checker of what the outside has heard must find each way in which a call may be doubled, lost or made up.
@Suite struct OutsideBooksTests {
    private static let books = OutsideBooks(
        visits: [
            .init(path: "/once/a", key: "ka"), .init(path: "/once/b", key: "kb", isAnswered: false),
            .init(path: "/surely/c", key: "kc", isAnswered: false), .init(path: "/surely/c", key: "kc"),
        ],
        calls: [
            "a": .init(.once), "b": .init(.once, isAnswered: false), "c": .init(.surely, attempts: 3),
            "d": .init(.once, isAnswered: false),
        ])

    @Test func `what got lost, and what was given up after one attempt, is in order`() {
        #expect(OutsideBooksTests.books.check().isEmpty)
    }

    @Test(arguments: [
        "twice", "more than attempts", "another key", "no key", "a key of another", "never answered", "given up",
        "out of nowhere",
    ])
    func `each thing that can be wrong is found`(_ what: String) {
        var books = OutsideBooksTests.books
        switch what {
        case "twice": books.visits.append(.init(path: "/once/a", key: "ka"))
        case "more than attempts": books.calls["c"]?.attempts = 1
        case "another key": books.visits[3].key = "kx"
        case "no key": books.visits[0].key = ""
        case "a key of another": books.visits[1].key = "ka"
        case "never answered": books.calls["b"]?.isAnswered = true
        case "given up": books.calls["c"]?.isAnswered = false
        default: books.calls["a"] = nil
        }
        #expect(books.check().count == 1, "\(books.check())")
    }
}
