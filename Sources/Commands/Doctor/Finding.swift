import MeshCore

/// One line of the doctor's report.
struct Finding: Sendable, Equatable {
    enum Verdict: String, Sendable { case fine = "ok", note, warning, problem, unreachable }

    var subject: String
    var verdict: Verdict
    /// What was found.
    var fact: String
    /// What to do about it; empty where nothing needs to be done.
    var remedy = ""

    var json: String {
        "{\"subject\":\(JSONText.string(subject)),\"verdict\":\"\(verdict.rawValue)\",\"fact\":\(JSONText.string(fact)),\"remedy\":\(JSONText.string(remedy))}"
    }
}
