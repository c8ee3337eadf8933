import Mesh

struct Outside: OutsideService {
    func ask(id: ID, url: URL, mesh: OutsideWorkflow) throws(MeshError) -> String {
        try mesh.fetch(.get(url.text), timeout: .seconds(30), label: "ask").checked().text
    }

    func order(id: ID, shop: URL, item: String, mesh: OutsideWorkflow) throws(MeshError) -> Int {
        let place = "\(shop.text)/orders/\(id)"
        let token = ["Authorization": "Bearer " + HTTPRequest.secret("shop-token")]
        return try mesh.saga { saga throws(MeshError) in
            try saga.step(
                "order \(item)", do: HTTPRequest.put(place, json: item, headers: token).call,
                compensate: HTTPRequest.delete(place, headers: token).call, timeout: .seconds(60)
            ).checked()
            // The key is the same for all attempts: a shop that knows it ships once.
            let shipping = HTTPRequest.post(place + "/shipment", json: true, headers: token)
            return try mesh.fetch(shipping, retries: 5).checked().json(Shipment.self).days
        }
    }
}
