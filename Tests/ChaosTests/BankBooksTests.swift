import Chaos
import Testing

/// The checker of the bank must find each way in which money or receipts can go wrong.
@Suite struct BankBooksTests {
    private static let books = BankBooks(
        orders: [
            "t1": .init(source: "a", target: "b", amount: 300, way: "call"),
            "t2": .init(source: "b", target: "c", amount: 1200, way: "workflow", answer: "MOVED"),
            "t3": .init(source: "c", target: "a", amount: 5000, way: "event"),
            "t4": .init(source: "a", target: "c", amount: 1, way: "call", isCertain: false),
        ],
        receipts: [
            "t1": .init(outcome: "MOVED", way: "call"), "t2": .init(outcome: "MOVED", way: "workflow"),
            "t3": .init(outcome: "REFUSED", way: "event"),
        ],
        accounts: [
            "a": .init(balance: 700, debits: 1, credits: 0), "b": .init(balance: 100, debits: 1, credits: 1),
            "c": .init(balance: 2200, debits: 0, credits: 1),
        ])

    @Test func `a bank in order is settled and without a violation`() {
        let findings = BankBooksTests.books.check()
        #expect(findings.isSettled)
        #expect(findings.violations.isEmpty)
    }

    @Test func `a transfer that was accepted and has no receipt is pending, one of which nobody knows is not`() {
        var books = BankBooksTests.books
        books.receipts["t3"] = nil
        #expect(books.check().pending == ["transfer t3 (event) has no receipt"])
    }

    @Test(arguments: [
        "twice", "unknown", "other way", "other answer", "below zero", "lost credit", "doubled debit", "new money",
    ])
    func `each thing that can be wrong is found`(_ what: String) {
        var books = BankBooksTests.books
        switch what {
        case "twice": books.receipts["t1"]?.count = 2
        case "unknown": books.receipts["x1"] = .init(outcome: "REFUSED", way: "call")
        case "other way": books.receipts["t1"]?.way = "event"
        case "other answer": books.receipts["t2"]?.outcome = "REFUSED"
        case "below zero": books.accounts["a"]?.balance = -1
        case "lost credit": books.accounts["b"] = .init(balance: -200, debits: 1, credits: 0)
        case "doubled debit": books.accounts["a"] = .init(balance: 400, debits: 2, credits: 0)
        default: books.accounts["c"]?.balance = 2201
        }
        #expect(!books.check().violations.isEmpty)
    }
}
