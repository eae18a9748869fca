import Foundation
import Testing

@testable import TerseOperations

@Suite struct RequestFeaturesTests {
    @Test func conversations() throws {
        let features = RequestFeatures(
            texts: ["You are kind.", "Wie geht es dir?", "x = 1;\ny = {2};"], structure: .json, outputTokensMax: 20,
            tenant: "a", priority: 3)
        #expect(features.promptBytes == 44 && features.promptTokens == 11 && features.conversationDepth == 2)
        #expect(features.structure == .json && features.outputTokensMax == 20 && features.tenant == "a")
        // The last texts are looked at, as far back as they fit.
        #expect(features.traits == TextTraits(of: "You are kind.\nWie geht es dir?\nx = 1;\ny = {2};"))
        let long = String(repeating: "all of it ", count: 300)
        #expect(RequestFeatures(texts: ["x = {1};", long]).traits == TextTraits(of: long))
        #expect(RequestFeatures(texts: []).promptTokens == 1)
        #expect(RequestFeatures(texts: ["abc"], promptTokens: 7).promptTokens == 7)
        #expect(try JSONDecoder().decode(RequestFeatures.self, from: JSONEncoder().encode(features)) == features)
    }

    @Test func headers() throws {
        let objectives = try ServiceObjectives(timeToFirstTokenMs: "250", timePerOutputTokenMs: "12.5")
        #expect(objectives == ServiceObjectives(timeToFirstToken: 0.25, timePerOutputToken: 0.0125))
        #expect(try ServiceObjectives(timeToFirstTokenMs: nil, timePerOutputTokenMs: nil) == ServiceObjectives())
        for text in ["", "fast", "0", "-1", "nan", "inf", "3600001", "1,5"] {
            let error = #expect(throws: RoutingError.self) {
                try ServiceObjectives(timeToFirstTokenMs: nil, timePerOutputTokenMs: text)
            }
            #expect(
                error?.description.hasPrefix("x-slo-tpot-ms: expected") == true
                    && error?.description.hasSuffix("\"\(text)\"") == true)
        }
    }

    @Test func theStricterObjectiveCounts() {
        let one = ServiceObjectives(timeToFirstToken: 1),
            other = ServiceObjectives(timeToFirstToken: 2, timePerOutputToken: 3)
        let both = ServiceObjectives(timeToFirstToken: 1, timePerOutputToken: 3)
        #expect(one.tightened(by: other) == both && other.tightened(by: one) == both)
    }

    /// Numbers for the models of quality are about 1, whatever is asked.
    @Test func vectorsAreBounded() {
        let texts = ["", "x", String(repeating: "{}", count: 5000), String(repeating: "字", count: 5000), "7"]
        for text in texts {
            for tokens in [1, 1_000_000] {
                let vector = FeatureVector.values(RequestFeatures(texts: [text], promptTokens: tokens))
                #expect(vector.count == FeatureVector.count && vector.allSatisfy { abs($0) <= 5 }, "\(text): \(vector)")
            }
        }
    }
}
