#if !arch(wasm32)
    // The functions of workflows; a mesh without a machine is a handler's, which has none of them.
    extension TestMesh {
        func workflowBegin(
            _ kind: OperationKind, _ name: String, key: String?, _ data: [UInt8], _ options: [UInt8]
        ) -> Int32 {
            machine?.begin(
                kind, name, key: key, String(decoding: data, as: UTF8.self), String(decoding: options, as: UTF8.self))
                ?? -3
        }

        func workflowWait(_ operations: [Int32]) -> Int32 { machine?.wait(operations) ?? -3 }

        func workflowGroup() -> Int32 { machine?.makeGroup() ?? -3 }

        func workflowAdd(_ operation: Int32, to group: Int32) -> Int32 { machine?.add(operation, to: group) ?? -3 }

        func workflowNext(_ group: Int32, _ operations: [Int32]) -> Int32 {
            machine?.next(group, operations) ?? -3
        }

        func workflowClose(_ name: StaticString) { machine?.close(name.asString) }

        func workflowReply(_ operation: Int32, isError: Bool, _ data: [UInt8]) -> Int32 {
            machine?.reply(to: operation, isError: isError, String(decoding: data, as: UTF8.self)) ?? -3
        }

        func workflowStatus(_ operation: Int32) -> Int32 { machine?.status(operation) ?? -3 }

        func workflowResult(_ operation: Int32) -> [UInt8] { Array((machine?.result(operation) ?? "").utf8) }

        func workflowCancel(_ operation: Int32) { machine?.cancel(operation) }

        func workflowPatch(_ name: String) -> Int32 { machine?.patch(name) ?? -3 }

        func workflowContinue(_ data: [UInt8]) -> Int32 {
            machine?.continueAsNew(String(decoding: data, as: UTF8.self)) ?? -3
        }

        /// A test doesn't try it again: the workflow is stuck at once.
        func crash(_ reason: String) -> Never {
            log(.error, reason)
            machine?.getStuck(.internalError(reason))
            ActivationThread.leave()
        }

        func lastError() -> String { machine?.lastError ?? "this is no workflow; run it with WorkflowTest" }
    }
#endif
