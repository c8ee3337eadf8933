import Mesh

struct Calls: CallsService {
    func sequence(id: ID, item: String, mesh: CallsWorkflow) throws(MeshError) -> String {
        try mesh.call(Calls.note(id: id, step: "asking"))
        let quote = try mesh.call(
            Supplier.quote(supplier: "acme", item: item), retries: 3, timeout: .seconds(30), label: "ask acme")
        let progress = try mesh.call(Calls.note(id: id, step: "asked"))
        return "\(quote.price) \(progress.step)"
    }

    func substitute(id: ID, item: String, mesh: CallsWorkflow) throws(MeshError) -> String {
        do throws(MeshError) {
            return try mesh.call(Supplier.quote(supplier: "acme", item: item)).supplier
        } catch  where error.code == "SOLD_OUT" {
            return try mesh.call(Supplier.quote(supplier: "other", item: "kite")).supplier
        } catch {
            throw error
        }
    }

    func all(id: ID, suppliers: [String], mesh: CallsWorkflow) throws(MeshError) -> Decimal {
        var pending: [Pending<Quote>] = []
        for supplier in suppliers {
            pending.append(try mesh.start(Supplier.quote(supplier: supplier, item: "kite")))
        }
        var sum: Decimal = 0
        for quote in try mesh.all(pending) { sum += quote.price }
        return sum
    }

    func any(id: ID, suppliers: [String], mesh: CallsWorkflow) throws(MeshError) -> String {
        var pending: [Pending<Quote>] = []
        for supplier in suppliers {
            pending.append(try mesh.start(Supplier.quote(supplier: supplier, item: "kite")))
        }
        return try mesh.any(pending).supplier
    }

    func race(id: ID, suppliers: [String], mesh: CallsWorkflow) throws(MeshError) -> String? {
        var pending: [Pending<Quote>] = []
        for supplier in suppliers {
            pending.append(try mesh.start(Supplier.quote(supplier: supplier, item: "kite")))
        }
        return try mesh.race(pending, timeout: .seconds(1))?.supplier
    }

    func best(id: ID, suppliers: [String], enough: Int, mesh: CallsWorkflow) throws(MeshError) -> Quote {
        let best = try mesh.group(of: Quote.self) { group throws(MeshError) in
            for supplier in suppliers { try group.start(Supplier.quote(supplier: supplier, item: "kite")) }
            var quotes: [Quote] = []
            while quotes.count < enough, let finished = try group.next() { quotes.append(try finished.value()) }
            return quotes.min { $0.price < $1.price }
        }
        guard let best else { throw .notFound("no supplier has answered") }
        return best
    }

    func fanOut(id: ID, count: Int, mesh: CallsWorkflow) throws(MeshError) -> Int {
        try mesh.group(of: Int.self) { group throws(MeshError) in
            for number in 1...count { try group.start(Calls.double(part: "\(id)-\(number)", number: number)) }
            var sum = 0
            while let finished = try group.next() { sum += try finished.value() }
            return sum
        }
    }

    func note(id: ID, step: String, mesh: CallsContext) throws(MeshError) -> Progress {
        let progress = Progress(id: id, step: step, lines: (mesh.state?.lines ?? 0) + 1)
        mesh.state = progress
        return progress
    }

    func double(part: ID, number: Int, mesh: CallsContext) throws(MeshError) -> Int { number * 2 }
}
