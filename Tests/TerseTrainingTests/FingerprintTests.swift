import TerseFormats
import TestSupport
import Testing

@testable import TerseTraining

@Suite struct FingerprintTests {
    /// Datasets, checkpoints and runs keep it: when it changes, none of them goes on. So it must not with the names that
    /// the program has for things.
    @Test(arguments: [
        ("bpe.json", 2_785_183_905_866_833_163), ("characters.json", 1_575_996_437_659_031_151),
        ("unigram.json", 14_752_848_622_448_174_556), ("wordpiece.json", 3_675_553_034_256_053_706),
    ])
    func ofATokenizerStays(name: String, value: UInt64) throws {
        let path = TestData.repository.appending(path: "Tests/TerseTokenizerTests/Fixtures/\(name)").path
        let found = try TokenizerFile.open(path).fingerprint
        #expect(found == value, "\(found)")
    }
}
