import Mesh

struct Desks: DesksService {
    func approval(id: ID, mesh: DesksWorkflow) throws(MeshError) -> String {
        try mesh.call(Desks.note(id: id, step: "waiting", lines: 0))
        let approval = try mesh.expect(.approve)
        for reminder in 1...4 {
            switch try mesh.first(of: [approval.any], timeout: .hours(6)) {
            case 0: return try approval.value().by
            default: try mesh.call(Desks.note(id: id, step: "reminded", lines: reminder))
            }
        }
        approval.cancel()
        throw MeshError("NOBODY", "nobody has approved \(id) within a day")
    }

    func progress(id: ID, mesh: DesksQuery) throws(MeshError) -> Progress? { mesh.state }

    func collect(id: ID, mesh: DesksWorkflow) throws(MeshError) -> Int {
        let lines = try mesh.inlet(.line, closedBy: .noMoreLines)
        var count = 0
        while let line = try lines.next() {
            count += 1
            try mesh.call(Desks.note(id: id, step: line.text, lines: count))
        }
        return count
    }

    func dictate(id: ID, to: ID, lines: Int, mesh: DesksWorkflow) throws(MeshError) {
        let out = mesh.outlet(to: to, closedBy: Desks.noMoreLines(id: to))
        for number in 1...lines { try out.send(Desks.line(id: to, text: "line \(number)")) }
        try out.close()
    }

    func haggle(id: ID, price: Int, mesh: DesksWorkflow) throws(MeshError) -> Int {
        let offers = mesh.inlet(.offer)
        var asks = price
        while let offer = try offers.next() {
            let amount = offer.arguments.amount
            if amount < asks / 10 {
                try offer.fail(MeshError("RUDE", "\(amount) for what is worth \(asks)"))
                continue
            }
            let isTaken = amount >= asks
            if !isTaken { asks = max(price / 2, asks - asks / 10) }
            try offer.reply(Haggling(isTaken: isTaken, asks: asks))
            if isTaken { return amount }
        }
        throw .internalError("the stream of offers has no end")
    }

    func note(id: ID, step: String, lines: Int, mesh: DesksContext) throws(MeshError) {
        mesh.state = Progress(id: id, step: step, lines: lines)
    }
}
