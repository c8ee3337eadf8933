#if !arch(wasm32)
    extension WorkflowMachine {
        // A test's groups are small: they are looked through.

        func makeGroup() -> Int32 {
            guard groups.count < WorkflowLimits.groups else {
                return refuse(
                    MeshError(
                        "RESOURCE_EXHAUSTED", "\(groups.count) groups were made; that is the limit of a run"))
            }
            groups.append([])
            return Int32(groups.count)
        }

        func add(_ operation: Int32, to group: Int32) -> Int32 {
            guard groups.indices.contains(Int(group) - 1), operation > 0, operation <= operations else { return -4 }
            groups[Int(group) - 1].append(operation)
            return 0
        }

        func next(_ group: Int32, _ others: [Int32]) -> Int32 {
            guard groups.indices.contains(Int(group) - 1) else { return -4 }
            let all = groups[Int(group) - 1] + others
            if all.isEmpty { return -1 }
            let place = wait(all)
            guard place >= 0 else { return place }
            let operation = all[Int(place)]
            groups[Int(group) - 1].removeAll { $0 == operation }
            return operation
        }
    }
#endif
