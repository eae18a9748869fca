import Foundation
import TerseJSON
import TestSupport
import Testing

@testable import TerseTokenizer

/// Unicode's normal forms, judged by Python's unicodedata (Fixtures/make_normal_forms.py).
@Suite struct NormalFormTests {
    @Test(arguments: [
        ("NFC", CanonicalForm.nfc), ("NFD", .nfd), ("NFKC", .nfkc), ("NFKD", .nfkd),
    ])
    func formsAreUnicodes(name: String, form: CanonicalForm) throws {
        let data = try Data(contentsOf: URL(filePath: TestData.fixture("normal-forms.json")))
        let json = try JSONValue.parse(Array(data))
        let texts = try #require(json["texts"]?.arrayValue).compactMap(\.stringValue)
        let expected = try #require(json[name]?.arrayValue).compactMap(\.stringValue)
        try #require(texts.count == 800 && expected.count == 800)
        for (text, expected) in zip(texts, expected) {
            let found = form.normalize(Array(text.utf8))
            #expect(found == Array(expected.utf8), "\(text.unicodeScalars.map { String($0.value, radix: 16) })")
        }
        // Together they are long enough to be cut; nothing joins a newline.
        let joined = Array(texts.joined(separator: "\n").utf8)
        #expect(form.normalize(joined) == Array(expected.joined(separator: "\n").utf8))
    }
}
