import Mesh

struct Payments: PaymentsService {
    func capture(order: ID, amount: Decimal, mesh: PaymentsContext) throws(MeshError) -> Payment {
        if let payment = mesh.state {
            if payment.amount == amount { return payment }
            throw .conflict("order \(order) is captured already, with \(payment.amount)")
        }
        let payment = Payment(order: order, amount: amount, capturedAt: mesh.now)
        mesh.state = payment
        mesh.emit(.paymentCaptured(PaymentCaptured(order: order, amount: amount)))
        return payment
    }
}
