import Commands
import TestSupport
import Testing

@Suite struct DeadLetterCommandTests {
    private let answers: [String: (status: Int, body: String)] = [
        "GET /api/v1/dead-letters": (200, #"{"dead_letters":[]}"#),
        "GET /api/v1/services": (200, #"{"services":[{"service":"shop.Orders"}]}"#),
    ]

    @Test(arguments: [["list"], ["redrive", "--all"], ["discard", "--all"]])
    func `a misspelled service isn't taken for one without dead letters`(_ words: [String]) async throws {
        let command = ["dead-letters"] + words
        let (misspelled, _) = try await ask(command + ["--service", "shop.Order"], answers: answers)
        #expect(misspelled.exit == .success)
        #expect(
            misspelled.out
                == "no dead letters; no service 'shop.Order' is deployed; did you mean 'shop.Orders'?\n")
        let (right, _) = try await ask(command + ["--service", "shop.Orders"], answers: answers)
        #expect(right.out == "no dead letters of shop.Orders\n")
        let (all, _) = try await ask(command, answers: answers)
        #expect(all.out == "no dead letters\n")
    }
}
