import Mesh
import Testing

@testable import Counter

@Test func `numbers add up`() throws {
    let mesh = CounterContext(TestMesh(key: "visits"))
    #expect(try Counter().add(name: "visits", amount: nil, mesh: mesh) == 1)
    #expect(try Counter().add(name: "visits", amount: 41, mesh: mesh) == 42)
    #expect(mesh.state == Count(name: "visits", value: 42))
}

@Test func `a full counter says so and stays as it is`() throws {
    let mesh = CounterContext(TestMesh(key: "visits"))
    _ = try Counter().add(name: "visits", amount: Int(Int32.max), mesh: mesh)
    #expect(throws: MeshError.self) { try Counter().add(name: "visits", amount: 1, mesh: mesh) }
    #expect(mesh.state?.value == Int(Int32.max))
}
