import Foundation
import Testing
import Wasm

@testable import Guests

/// The example shop, built once for all tests.
private let shop = Result { try Checkout.build(Checkout.root + "/Examples/shop") }

@Suite struct ShopInTheSandbox {
    private let build: GuestBuild
    private let guest: GuestInSandbox

    init() throws {
        build = try shop.get()
        guest = try GuestInSandbox(try SourceFiles.read(build.path))
    }

    private let order =
        #"{"order":{"customer":"ada","items":[{"sku":"kite","quantity":3,"price":"19.99"},{"sku":"s","quantity":1,"price":"0.5"}]}}"#

    @Test func `the package is of reasonable size and imports only what the mesh offers`() throws {
        let package = try WasmPackage.inspect(try SourceFiles.read(build.path))
        #expect(package.digest == build.digest)
        #expect(package.sdk == "swift/0.1.0")
        #expect(package.imports.allSatisfy { $0.hasPrefix("mesh.") })
        #expect(build.size < 300_000, "\(build.size) bytes")
        #expect(build.warnings == [])
        let exports = try WasmBinary(try SourceFiles.read(build.path)).exports.map(\.name)
        #expect(exports.sorted() == ["memory", "mesh_alloc", "mesh_handle"])
    }

    @Test func `placing an order answers, keeps state, tells listeners and asks for the payment`() throws {
        let effects = try guest.effects("Orders/place", order, key: "order-1")
        #expect(
            effects.replyText
                == #"{"id":"order-1","customer":"ada","items":[{"sku":"kite","quantity":3,"price":"19.99"},{"sku":"s","quantity":1,"price":"0.5"}],"total":"60.47","status":"PLACED","placedAt":"2026-11-21T12:05:00.25Z"}"#
        )
        #expect(effects.stateText == effects.replyText)
        #expect(effects.messages.map(\.name) == ["order.placed", "shop.Payments/capture"])
        #expect(
            effects.messages.map { String(decoding: $0.data, as: UTF8.self) } == [
                #"{"id":"order-1","customer":"ada","total":"60.47"}"#, #"{"order":"order-1","amount":"60.47"}"#,
            ])
    }

    @Test func `a state that was set is read by the next message`() throws {
        let placed = try guest.effects("Orders/place", order, key: "order-1")
        let paid = try guest.effects(
            "Orders/onPaymentCaptured", #"{"order":"order-1","amount":"60.47"}"#, key: "order-1",
            state: placed.stateText)
        #expect(paid.stateText == placed.stateText?.replacing("PLACED", with: "PAID"))
        #expect(paid.reply == nil)
        let read = try guest.effects("Orders/get", #"{"id":"order-1"}"#, key: "order-1", state: paid.stateText)
        #expect(read.replyText == paid.stateText)
        #expect(read.state == .unchanged)
        #expect(try guest.effects("Orders/get", #"{"id":"x"}"#).replyText == #"{"value":null}"#)
    }

    @Test func `the service's own errors arrive with code and details`() throws {
        let empty = try guest.failure("Orders/place", #"{"order":{"customer":"ada","items":[]}}"#)
        #expect(empty.code == "EMPTY_ORDER")
        #expect(empty.retryable == false)
        let host = GuestInSandbox.Host(configuration: ["soldOut": "umbrella,kite"])
        let soldOut = try guest.failure("Orders/place", order, host: host)
        #expect(soldOut.code == "OUT_OF_STOCK")
        #expect(soldOut.details == #"{"skus":["kite"]}"#)
    }

    @Test func `what the mesh refuses fails the execution with the mesh's reason`() throws {
        let host = GuestInSandbox.Host(refusal: .denied("no such event here"))
        let failure = try guest.failure("Orders/place", order, host: host)
        #expect(failure.code == "PERMISSION_DENIED")
        #expect(failure.message.contains("no such event here"))
    }

    @Test func `an unknown method and wrong data are errors, not traps`() throws {
        #expect(try guest.failure("Orders/nope", "{}").code == "NOT_FOUND")
        #expect(try guest.failure("Orders/place", "{}").message.contains("place.order"))
        #expect(try guest.failure("Orders/place", "[").code == "INVALID_REQUEST")
    }

    @Test func `lines of the log carry their level`() {
        let run = guest.run("Notifications/onOrderPlaced", #"{"id":"o","customer":"ada","total":"1"}"#)
        #expect(run.logs == [GuestLogLine(level: .info, text: "to ada: thank you for order o of 1")])
    }

    @Test func `a large order fits, since memory is given back`() throws {
        let item = #"{"sku":"kite","quantity":100,"price":"12345678901234567890.99"}"#
        let items = Array(repeating: item, count: 10_000).joined(separator: ",")
        let effects = try guest.effects("Orders/place", #"{"order":{"customer":"ada","items":[\#(items)]}}"#)
        #expect(effects.replyText?.contains(#""total":"12345678901234567890990000.00""#) == true)
    }
}
