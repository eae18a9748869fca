import TerseFormats
import TerseModel
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseEvaluation

/// The trained model of the shared data folder, under evaluation.
enum StoriesModel {
    static func evaluation(_ options: RunnerOptions = RunnerOptions()) throws -> EvaluationModel {
        let file = try ModelFile.open(
            try #require(TestData.stories), options: .init(tokenizerPath: TestData.shared("models/tok512.bin")))
        let tokenizer = try Tokenizer(try #require(try file.tokenizerDefinition()))
        return try EvaluationModel(
            runner: try ModelRunner(Model(file), threads: 2, options: options), tokenizer: tokenizer)
    }
}
