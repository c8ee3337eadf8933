package import MeshCore

/// What a batch needs to know before it runs.
package struct LoadRequest: Sendable {
    package var partition: PartitionID
    /// Ids of messages from outside the mesh, to be looked up in the inbox.
    package var externalIDs: [String]
    /// Keys whose state is wanted.
    package var stateKeys: [StateKey]
    /// Keys (of records, not of state) that may have parked messages of this partition.
    package var parkedKeys: [StateKey]
    /// Workflows that are wanted, with the journals of their current runs.
    package var workflows: [WorkflowID]
    /// Schedules that are wanted, by their keys (`ScheduleRow.key`).
    package var schedules: [StateKey]

    package init(
        partition: PartitionID, externalIDs: [String] = [], stateKeys: [StateKey] = [], parkedKeys: [StateKey] = [],
        workflows: [WorkflowID] = [], schedules: [StateKey] = []
    ) {
        self.partition = partition
        self.externalIDs = externalIDs
        self.stateKeys = stateKeys
        self.parkedKeys = parkedKeys
        self.workflows = workflows
        self.schedules = schedules
    }
}

/// The answer to a `LoadRequest`.
package struct LoadResult: Sendable, Equatable {
    /// Those of the asked ids that are in the inbox already.
    package var knownIDs: Set<ExactText>
    /// The state there is; a key without state is not in it (its version is 0).
    package var state: [StateKey: StateRow]
    /// How many messages are parked for a key; a key without any is not in it.
    package var parked: [StateKey: Int]
    /// The workflows there are.
    package var workflows: [WorkflowID: WorkflowRecord] = [:]
    /// The schedules there are, by their keys.
    package var schedules: [StateKey: LoadedSchedule] = [:]

    package init(knownIDs: Set<ExactText> = [], state: [StateKey: StateRow] = [:], parked: [StateKey: Int] = [:]) {
        self.knownIDs = knownIDs
        self.state = state
        self.parked = parked
    }
}
