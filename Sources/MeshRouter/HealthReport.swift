/// Whether a router can do its work, and what it waits for.
package struct HealthReport: Sendable, Equatable {
    /// What is in the way, by part; empty while all is well.
    package var problems: [(part: String, problem: String)]
    package var waitingCalls: Int
    package var acceptQueue: Int
    package var laneLag: Int64

    package var isReady: Bool { problems.isEmpty }

    package static func == (left: HealthReport, right: HealthReport) -> Bool { left.json == right.json }

    package var json: String {
        JSONWriter.object { writer in
            writer.member("ready", isReady)
            writer.member("problems") { writer in
                writer.array(problems) { writer, problem in
                    writer.object { writer in
                        writer.member("part", problem.part)
                        writer.member("problem", problem.problem)
                    }
                }
            }
            writer.member("waitingCalls", waitingCalls)
            writer.member("acceptQueue", acceptQueue)
            writer.member("unacknowledgedMessages", laneLag)
        }
    }
}
