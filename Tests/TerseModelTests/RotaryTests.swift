import Foundation
import TerseJSON
import TerseTensor
import TestSupport
import Testing

@testable import TerseModel

/// Scaled rotary embeddings against transformers (Fixtures/rotary.py).
@Suite struct RotaryTests {
    private static let cases: [JSONValue] = {
        let data = FileManager.default.contents(atPath: TestData.fixture("rotary.json")) ?? Data()
        return (try? JSONValue.parse(data))?["cases"]?.arrayValue ?? []
    }()

    /// A case's numbers, by name.
    private func number(_ value: JSONValue, _ key: String) throws -> Double {
        try #require(value[key]?.doubleValue, "\(key)")
    }

    @Test func thereAreCases() { #expect(Self.cases.count == 6) }

    @Test(arguments: 0..<6)
    func frequenciesAreThoseOfTransformers(index: Int) throws {
        let wanted = Self.cases[index]
        let dimension = Int(try number(wanted, "dimension"))
        let inverse = try #require(wanted["inverse"]?.arrayValue).compactMap(\.doubleValue)
        var rotary = RotaryConfiguration(layout: .halves)
        rotary.base = Float(try number(wanted, "base"))
        let factor = Float(try number(wanted, "factor"))
        var divisors: [Float]?
        switch wanted["rope_type"]?.stringValue {
        case "linear": rotary.scaling = .linear(factor: factor)
        case "yarn":
            var yarn = RotaryConfiguration.Yarn(
                factor: factor, originalContext: Int(try number(wanted, "original_max_position_embeddings")))
            yarn.betaFast = Float(wanted["beta_fast"]?.doubleValue ?? 32)
            yarn.betaSlow = Float(wanted["beta_slow"]?.doubleValue ?? 1)
            rotary.scaling = .yarn(yarn)
        default: divisors = try llama3Divisors(wanted, dimension: dimension)
        }
        let found = rotary.frequencies(dimension: dimension, divisors: divisors)
        #expect(found.inverse.count == dimension / 2 && inverse.count == dimension / 2)
        for (a, b) in zip(found.inverse, inverse) { #expect(abs(a / b - 1) < 2e-6, "\(a), transformers \(b)") }
        #expect(abs(Double(found.attentionFactor) - (try number(wanted, "attention_factor"))) < 1e-6)
    }

    /// What a file's `rope_freqs` holds: from wavelength λ and old context c, 1 where c/λ is above the high factor, the
    /// scale where it is below the low one, and between them 1 / ((1 − s) / scale + s).
    private func llama3Divisors(_ wanted: JSONValue, dimension: Int) throws -> [Float] {
        let (low, high) = (try number(wanted, "low_freq_factor"), try number(wanted, "high_freq_factor"))
        let (scale, base) = (try number(wanted, "factor"), try number(wanted, "base"))
        let context = try number(wanted, "original_max_position_embeddings")
        return (0..<dimension / 2).map { pair in
            let turns = context * pow(base, -2 * Double(pair) / Double(dimension)) / (2 * .pi)
            let share = min(1, max(0, (turns - low) / (high - low)))
            return Float(1 / ((1 - share) / scale + share))
        }
    }
}
