import Testing

@testable import TerseHub

@Suite struct ContentRangeTests {
    @Test func whatTheGrammarHas() {
        #expect(ContentRange("bytes 0-99/1000")?.bytes == 0...99)
        #expect(ContentRange("bytes 0-99/1000")?.total == 1000)
        #expect(ContentRange("Bytes 5-5/*")?.bytes == 5...5)
        #expect(ContentRange("bytes 5-5/*")?.total == nil)
        #expect(ContentRange("bytes */1000")?.bytes == nil)
        #expect(ContentRange("bytes */1000")?.total == 1000)
    }

    @Test(arguments: [
        "", "bytes", "bytes ", "bytes 0-99", "bytes 0-99/", "bytes 99-0/1000", "bytes 0-1000/1000", "bytes */*",
        "bytes -1-5/10", "bytes 0--5/10", "bytes 0-5/-10", "bytes +0-5/10", "bytes 0-5/10 x", "items 0-5/10",
        "bytes 0-99999999999999999999/*", "bytes ٠-٥/10",
    ]) func whatItHasNot(_ text: String) {
        #expect(ContentRange(text) == nil)
    }
}
