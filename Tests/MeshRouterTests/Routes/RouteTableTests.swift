import Foundation
import MeshCore
import Testing

@testable import MeshRouter

@Suite struct RouteTableTests {
    @Test func `methods and events have their topics`() throws {
        let table = try Shop.table()
        #expect(table.methods["shop.Orders/place"]?.topic == "shop.Orders")
        #expect(table.events["order.placed"]?.topic == "order.placed")
        #expect(table.events["order.placed"]?.handlers.map(\.method) == ["billing.Invoices/onOrderPlaced"])
        #expect(table.topics == ["billing.Invoices", "order.placed", "shop.Orders", "shop.pinged"])
    }

    @Test(arguments: ["/shop.Orders/place", "/shop.Orders/forget", "/billing.Invoices/open"])
    func `exposed methods are found by their path`(path: String) throws {
        #expect(try "/" + Shop.table().exposedMethod(path: path).name == path)
    }

    @Test(arguments: [
        ("/shop.Orders/nightly", "@scheduleOnly"), ("/shop.Orders/orderPlaced", "declares the event order.placed"),
        ("/billing.Invoices/onOrderPlaced", "handles the event order.placed"),
        ("/shop.Orders/plaec", "it has place, count"),
        ("/shop.Order/place", "no deployed service is called 'shop.Order'"), ("/shop.Orders", "POST /<namespace>"),
        ("/", "POST /<namespace>"), ("/shop.Orders/place/x", "POST /<namespace>"),
        ("//shop.Orders/place", "POST /<namespace>"), ("/shop.Orders//place", "POST /<namespace>"),
    ])
    func `what can't be called is 404 with the reason`(path: String, reason: String) throws {
        let failure = #expect(throws: ConnectError.self) { try Shop.table().exposedMethod(path: path) }
        #expect(failure?.status == 404)
        #expect(failure?.error.code == .notFound)
        #expect(failure?.error.message.contains(reason) == true, "\(failure?.error.message ?? "")")
    }

    @Test(arguments: [
        (#"{"order":{"customer":"c","items":[]}}"#, "c"), (#"{"order":{"customer":"\u0041","items":[]}}"#, "A"),
    ])
    func `a declared key is taken from the data`(data: String, key: String) throws {
        let method = try #require(try Shop.table().methods["shop.Orders/place"])
        try method.check(arguments: Array(data.utf8))
        #expect(try method.key(ofArguments: Array(data.utf8)) == key)
    }

    @Test func `the state's key field names the key, and a method without one has none`() throws {
        let table = try Shop.table()
        #expect(try table.methods["shop.Orders/count"]?.key(ofArguments: Array(#"{"id":"7"}"#.utf8)) == "7")
        #expect(try table.methods["shop.Orders/forget"]?.key(ofArguments: Array("{}".utf8)) == nil)
    }

    @Test(
        arguments: [
            ("", "empty", nil), ("nope", "JSON", ""), (#"{"order":{"items":[]}}"#, "order.customer", "order.customer"),
            (
                #"{"order":{"customer":"c","items":[{"sku":"a","quantity":0}]}}"#, "order.items[0].quantity",
                "order.items[0].quantity"
            ),
            (#"{"order":{"customer":"c","items":[]},"x":1}"#, "x", "x"),
            (#"{"order":{"customer":"c","items":[]},"order":null}"#, "order", "order"),
            (#"{"order":{"customer":4,"items":[]}}"#, "order.customer", "order.customer"), ("[]", "object", ""),
        ] as [(String, String, String?)])
    func `wrong arguments are refused with the path`(data: String, words: String, path: String?) throws {
        let method = try #require(try Shop.table().methods["shop.Orders/place"])
        let error = #expect(throws: MeshError.self) { try method.check(arguments: Array(data.utf8)) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        if let path {
            let details = try JSONSerialization.jsonObject(with: Data((error?.details ?? "").utf8)) as? [String: Any]
            #expect(details?["path"] as? String == path)
        }
    }

    @Test func `a key has a bound`() throws {
        let method = try #require(try Shop.table().methods["shop.Orders/count"])
        let long = Array("{\"id\":\"\(String(repeating: "k", count: 1025))\"}".utf8)
        #expect(throws: MeshError.self) { try method.key(ofArguments: long) }
    }

    @Test func `the routes tell who hears what`() throws {
        let routes = try #require(
            try JSONSerialization.jsonObject(with: Data(Shop.table().json(calls: "[]").utf8))
                as? [String: [[String: Any]]])
        let placed = try #require(routes["events"]?.first { $0["name"] as? String == "order.placed" })
        #expect(placed["emittedBy"] as? [String] == ["shop.Orders"])
        #expect(placed["handledBy"] as? [String] == ["billing.Invoices/onOrderPlaced"])
        #expect(placed["key"] as? String == "id")
        let orders = try #require(routes["services"]?.first { $0["service"] as? String == "shop.Orders" })
        #expect(orders["version"] as? String == "1.0.0")
        let methods = try #require(orders["methods"] as? [[String: Any]])
        #expect(methods.first { $0["name"] as? String == "nightly" }?["exposed"] as? Bool == false)
        #expect(methods.first { $0["name"] as? String == "audit" }?["roles"] as? [String] == ["auditor", "admin"])
    }

    @Test func `a deployment serves only the services that are still its own`() throws {
        let schema = try Shop.compile(Shop.orders)
        let table = RouteTable([ActiveDeployment(digest: "aa", schema: schema, services: [])])
        #expect(table.services.isEmpty && table.methods.isEmpty && table.events.isEmpty)
    }
}
