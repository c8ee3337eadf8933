import Mesh

struct Notifications: NotificationsService {
    func onOrderPlaced(event: OrderPlaced, mesh: NotificationsContext) throws(MeshError) {
        mesh.log.info("to \(event.customer): thank you for order \(event.id) of \(event.total)")
    }

    func onOrderCancelled(event: OrderCancelled, mesh: NotificationsContext) throws(MeshError) {
        mesh.log.info("to \(event.customer): order \(event.id) is cancelled: \(event.reason ?? "as you wished")")
    }
}
