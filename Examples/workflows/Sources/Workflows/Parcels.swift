import Mesh

struct Parcels: ParcelsService {
    func send(id: ID, parcel: Parcel, mesh: ParcelsWorkflow) throws(MeshError) -> Parcel {
        var parcel = parcel
        let pipeline = Parcels.pipeline()
        try pipeline.check(given: ["weight"])
        try pipeline.run(&parcel, mesh)
        return parcel
    }

    func plan(parcel: Parcel, mesh: ParcelsContext) throws(MeshError) -> String {
        Parcels.pipeline().plan(for: parcel).description
    }

    static func pipeline() -> Pipeline<Parcel, ParcelsWorkflow> {
        var plane = Pipeline<Parcel, ParcelsWorkflow>("plane")
        plane.step("customs") { step in
            step.on { parcel, mesh throws(MeshError) in
                let quote = try mesh.call(Supplier.quote(supplier: "customs", item: "kite"))
                parcel.price += quote.price
                parcel.steps.append("customs")
            }
        }
        let routes = PipelineRegistry<Parcel, ParcelsWorkflow>()
        routes.register(plane)

        var pipeline = Pipeline<Parcel, ParcelsWorkflow>("parcel")
        pipeline.step("weigh") { step in
            step.needs("weight")
            step.provides("price")
            step.before { parcel, _ throws(MeshError) in
                if parcel.weight <= 0 { throw .invalidRequest("a parcel weighs something") }
            }
            step.on(part: { $0.price }, writeBack: { $0.price = $1 }) { price, _ in price += 5 }
            step.after { parcel, _ in
                parcel.steps.append("weighed")
                return parcel.weight > 30 ? .stop : .continue
            }
        }
        pipeline.step("wrap") { step in
            step.skip("no gift") { !$0.gift }
            step.on { parcel, _ in parcel.steps.append("wrapped") }
        }
        pipeline.step("advertise") { step in step.optional() }
        pipeline.step("insure") { step in
            step.goesOnAfterErrors()
            step.on { parcel, mesh throws(MeshError) in
                _ = try mesh.call(Supplier.quote(supplier: "insurance", item: "nothing"))
                parcel.steps.append("insured")
            }
        }
        pipeline.step("route") { step in
            step.needs("price")
            step.scope("by plane", when: { $0.express }, named: "plane", in: routes)
            step.scope("by truck", when: { _ in true }, run: truck())
        }
        return pipeline
    }

    private static func truck() -> Pipeline<Parcel, ParcelsWorkflow> {
        var truck = Pipeline<Parcel, ParcelsWorkflow>("truck")
        truck.step("load") { step in step.on { parcel, _ in parcel.steps.append("loaded") } }
        return truck
    }
}
