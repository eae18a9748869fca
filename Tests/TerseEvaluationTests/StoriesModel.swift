import TerseFormats
import TerseModel
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseEvaluation

/// The trained model of the stories, under evaluation.
enum StoriesModel {
    /// As the repository ships it, in f16.
    static func shipped(_ options: RunnerOptions = RunnerOptions()) throws -> EvaluationModel {
        try model(ModelFile.open(TestData.shippedStories), options)
    }

    /// As it was trained, in f32, from the test data.
    static func trained() throws -> EvaluationModel {
        let options = ModelFile.Options(tokenizerPath: TestData.path("models/tok512.bin"))
        return try model(ModelFile.open(try #require(TestData.stories), options: options), RunnerOptions())
    }

    private static func model(_ file: ModelFile, _ options: RunnerOptions) throws -> EvaluationModel {
        let tokenizer = try Tokenizer(try #require(try file.tokenizerDefinition()))
        return try EvaluationModel(
            runner: try ModelRunner(Model(file), threads: 2, options: options), tokenizer: tokenizer)
    }
}
