#if !arch(wasm32)
    extension WorkflowMachine {
        /// True for a child that runs, or that begins when this activation is committed.
        func isOpenChild(_ operation: Int32) -> Bool { workflow.isChild(operation) || isNewChild(operation) }

        private func isNewChild(_ operation: Int32) -> Bool {
            guard let call = added.first(where: { $0.kind == .call && $0.operation == operation }), !call.isDetached
            else { return false }
            return workflow.world.method(call.name)?.role == .workflow && !workflow.world.isScripted(call.name)
        }
    }
#endif
