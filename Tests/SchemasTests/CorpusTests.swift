import Schemas
import Testing

@Suite struct CorpusTests {
    @Test func `the corpus is there`() {
        #expect(Corpus.good.count >= 10)
        #expect(Corpus.bad.count >= 29)
    }

    @Test(arguments: Corpus.good)
    func `a good document is accepted without a word`(document: Corpus.Document) {
        let compilation = SchemaCompiler.compile([document.source])
        #expect(compilation.diagnostics == [])
        #expect(compilation.schema != nil)
    }

    @Test(arguments: Corpus.bad)
    func `a bad document is refused where its first lines say, and nowhere else`(document: Corpus.Document) {
        let expectations = Corpus.expectations(of: document)
        let compilation = SchemaCompiler.compile([document.source])
        #expect(!expectations.isEmpty)
        #expect(compilation.schema == nil)
        for expectation in expectations {
            #expect(
                compilation.diagnostics.contains { diagnostic in
                    diagnostic.location.line == expectation.line
                        && expectation.words.allSatisfy { diagnostic.message.contains($0) }
                }, "line \(expectation.line) wants \(expectation.words), got \(compilation.diagnostics)")
        }
        let lines = Set(expectations.map(\.line))
        #expect(compilation.diagnostics.allSatisfy { lines.contains($0.location.line) }, "\(compilation.diagnostics)")
    }
}
