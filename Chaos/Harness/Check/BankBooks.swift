/// What the bank must look like, from what was asked of it: pure, so that a test can show that it finds what is wrong.
package struct BankBooks: Sendable {
    package static let opening = 1000

    package struct Order: Sendable {
        package var source: String
        package var target: String
        package var amount: Int
        package var way: String
        /// True where it was accepted, so that it must take place; false where nobody knows.
        package var isCertain: Bool
        /// What the caller was told: MOVED, REFUSED.
        package var answer: String?

        package init(
            source: String, target: String, amount: Int, way: String, isCertain: Bool = true, answer: String? = nil
        ) {
            self.source = source
            self.target = target
            self.amount = amount
            self.way = way
            self.isCertain = isCertain
            self.answer = answer
        }
    }

    package struct Receipt: Sendable {
        package var outcome: String
        package var way: String
        package var count: Int

        package init(outcome: String, way: String, count: Int = 1) {
            self.outcome = outcome
            self.way = way
            self.count = count
        }
    }

    package struct Account: Sendable, Equatable {
        package var balance: Int
        package var debits: Int
        package var credits: Int

        package init(balance: Int, debits: Int, credits: Int) {
            self.balance = balance
            self.debits = debits
            self.credits = credits
        }
    }

    package var orders: [String: Order]
    package var receipts: [String: Receipt]
    package var accounts: [String: Account]

    package init(orders: [String: Order], receipts: [String: Receipt], accounts: [String: Account]) {
        self.orders = orders
        self.receipts = receipts
        self.accounts = accounts
    }

    /// Compares them. Balances mean something only when nothing is on its way any more.
    package func check() -> Findings {
        var findings = Findings()
        for (id, order) in orders.sorted(by: { $0.key < $1.key }) {
            guard let receipt = receipts[id] else {
                if order.isCertain { findings.pending.append("transfer \(id) (\(order.way)) has no receipt") }
                continue
            }
            if receipt.count != 1 {
                findings.violations.append("transfer \(id) (\(order.way)) took effect \(receipt.count) times")
            }
            if receipt.way != order.way {
                findings.violations.append("transfer \(id) went the way \(receipt.way), not \(order.way)")
            }
            if let answer = order.answer, answer != receipt.outcome {
                findings.violations.append("transfer \(id) was answered \(answer), and is \(receipt.outcome)")
            }
        }
        for id in receipts.keys.sorted() where orders[id] == nil {
            findings.violations.append("a receipt of a transfer that was never committed: \(id)")
        }
        for (id, account) in accounts.sorted(by: { $0.key < $1.key }) where account.balance < 0 {
            findings.violations.append("account \(id) is below zero: \(account.balance)")
        }
        if findings.isSettled { findings.violations += wrongBalances() }
        return findings
    }

    private func wrongBalances() -> [String] {
        var expected: [String: Account] = [:]
        let fresh = Account(balance: Self.opening, debits: 0, credits: 0)
        for (id, receipt) in receipts where receipt.outcome == "MOVED" {
            guard let order = orders[id] else { continue }
            expected[order.source, default: fresh].balance -= order.amount
            expected[order.source, default: fresh].debits += 1
            expected[order.target, default: fresh].balance += order.amount
            expected[order.target, default: fresh].credits += 1
        }
        var wrong = Set(expected.keys).union(accounts.keys).sorted().compactMap { id -> String? in
            let found = accounts[id] ?? fresh
            let wanted = expected[id] ?? fresh
            guard found != wanted else { return nil }
            return "account \(id) has \(found), and by its receipts \(wanted)"
        }
        let sum = accounts.values.reduce(0) { $0 + $1.balance }
        if sum != accounts.count * Self.opening {
            wrong.append("money isn't conserved: \(sum) in \(accounts.count) accounts of \(Self.opening)")
        }
        return wrong
    }
}
