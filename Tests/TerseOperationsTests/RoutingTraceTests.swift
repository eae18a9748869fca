import Foundation
import Testing

@testable import TerseOperations

@Suite struct RoutingTraceTests {
    private let answer = TracedAnswer(bitsPerByte: 1.5, timeToFirstToken: 0.1, timePerOutputToken: 0.01, joules: 2)

    private func trace() throws -> RoutingTrace {
        let requests = (0..<3).map { index in
            TracedRequest(
                time: Double(index), features: RequestFeatures(texts: ["größe \(index)"], outputTokensMax: 9),
                outputTokens: 5 + index, answers: ["small": answer, "large": answer])
        }
        return try RoutingTrace(profiles: [RoutingSample.small, RoutingSample.large], requests: requests)
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let trace = try trace()
        var file = try trace.file()
        #expect(try RoutingTrace(file) == trace)
        file = Data("\n\r\n".utf8) + file + Data("  \n".utf8)
        #expect(try RoutingTrace(file) == trace)
    }

    @Test func promptsStandInForFeatures() throws {
        let lines = String(decoding: try trace().file(), as: UTF8.self).split(separator: "\n")
        let request = """
            {"time": 3, "prompt": "x = {1};\\ny = 2;", "prompt_tokens": 8, "output_tokens_max": 3, "output_tokens": 2, \
            "answers": {"small": {"bits_per_byte": 1, "time_to_first_token": 2, "time_per_output_token": 3, \
            "joules": 4, "probe_log_likelihood": -1.5}, "large": {"bits_per_byte": 1, "time_to_first_token": 2, \
            "time_per_output_token": 3, "joules": 4}}}
            """
        let read = try RoutingTrace(Data((lines.joined(separator: "\n") + "\n" + request).utf8))
        let last = try #require(read.requests.last)
        #expect(
            last.features == RequestFeatures(texts: ["x = {1};\ny = 2;"], promptTokens: 8, outputTokensMax: 3))
        #expect(last.answers["small"]?.probeLogLikelihood == -1.5 && last.answers["large"]?.probeLogLikelihood == nil)
        #expect(read.requests.count == 4)
    }

    /// The decisions of a router are a trace of its predictions.
    @Test func decisionsCanBeReplayed() throws {
        var router = try Router(RoutingSample.plan(TradeOff(.quality)))
        for second in 0..<4 {
            _ = router.decide(RoutingSample.request(), RoutingSample.idle, at: .seconds(second))
        }
        let records = router.recentDecisions(4).reversed()
        let trace = try RoutingTrace(
            profiles: router.plan.profiles, requests: records.map { TracedRequest($0, outputTokens: 128) })
        let rows = try RoutingSimulation(trace, learningShare: 0).report([.router(.quality), .always(variant: "small")])
            .rows
        #expect(rows[0].bestShare == 1 && abs(rows[0].seconds - 1.536) < 1e-9)
        #expect(abs(rows[1].bitsPerByte - rows[0].bitsPerByte - 0.1) < 1e-9)
    }

    /// Replacements in a good file, and how the errors begin.
    @Test(arguments: [
        ("\"profiles\"", "\"profile\"", "line 1: profile: expected one of [\"profiles\"]"),
        ("\"bits_per_byte\":1.4,", "", "line 1: profiles: 1: bits_per_byte: expected it"),
        ("\"name\":\"large\"", "\"name\":\"large\",\"colour\":1", "line 1: profiles: colour: expected one of"),
        ("\"name\":\"large\"", "\"name\":\"small\"", "line 1: profiles: expected each name once"),
        ("\"context_tokens\":4096", "\"context_tokens\":0", "line 1: small: contextTokens: expected at least 1"),
        ("\"estimated\"", "\"guessed\"", "line 1: profiles: 0: energy_basis: "),
        ("\"output_tokens\":6", "\"output_tokens\":\"6\"", "line 3: output_tokens: expected Int"),
        ("\"output_tokens\":6", "\"output_tokens\":0", "line 3: output_tokens: expected 1 to"),
        ("\"output_tokens\":6", "\"tokens\":6", "line 3: tokens: expected one of"),
        ("\"output_tokens\":6", "\"output_tokens\":6,\"prompt\":\"x\"", "line 3: features: expected one of"),
        ("\"time\":1}", "\"time\":-1}", "line 3: time: expected a number of at least 0"),
        ("\"time\":2}", "\"time\":0.5}", "line 4: time: expected at least 1.0, found 0.5"),
        ("\"time\":2}", "\"time\":2", "line 4: expected JSON"),
        ("\"time\":2}", "\"time\":2}]", "line 4: expected JSON"),
        ("\"joules\":2,", "", "line 2: answers: "), ("\"small\":{", "\"tiny\":{", "line 2: answers: expected of"),
        ("\"joules\":2", "\"joules\":2,\"watts\":2", "line 2: answers: large: watts: expected one of"),
        ("\"joules\":2", "\"joules\":-2", "line 2: answers: "),
        ("\"digit_share\":", "\"digits\":", "line 2: features: traits: digits: expected one of"),
        ("\"english_share\":0", "\"english_share\":2", "line 2: traits: english_share: expected 0 to 1"),
        ("\"objectives\":{", "\"objectives\":{\"time_to_first_token\":0", "line 2: objectives: time_to_first_token"),
        ("\"kind\":\"prose\"", "\"kind\":\"poetry\"", "line 2: features: traits: kind: "),
        ("\"prompt_tokens\":2", "\"prompt_tokens\":-2", "line 2: prompt_tokens: expected 0 to"),
    ])
    func errorsNameLineAndMember(part: String, other: String, beginning: String) throws {
        let text = String(decoding: try trace().file(), as: UTF8.self)
        let range = try #require(text.range(of: part), "\(part) in \(text)")
        let error = #expect(throws: RoutingError.self) {
            try RoutingTrace(Data(text.replacingCharacters(in: range, with: other).utf8))
        }
        #expect(error?.description.hasPrefix(beginning) == true, "\(error?.description ?? "none")")
    }

    @Test func emptyAndLongFilesAreErrors() throws {
        let profiles = try trace().file().prefix { $0 != UInt8(ascii: "\n") }
        for file in [Data(), Data("\n\n".utf8), profiles] {
            let error = #expect(throws: RoutingError.self) { try RoutingTrace(file) }
            #expect(error?.description.hasPrefix("expected profiles and requests") == true)
        }
        let long = profiles + Data("\n".utf8) + Data(repeating: UInt8(ascii: "x"), count: RoutingTrace.lineBytesMax + 1)
        let error = #expect(throws: RoutingError.self) { try RoutingTrace(long) }
        #expect(error?.description == "line 2: expected at most 1048576 bytes, found 1048577")
    }

    /// No file, however damaged, does more than throw.
    @Test func damagedFilesThrow() throws {
        let file = [UInt8](try trace().file())
        var noise = Noise(seed: 11)
        for _ in 0..<2000 {
            var damaged = file
            for _ in 0..<3 {
                damaged[Int(noise.uniform() * Double(file.count))] = UInt8(noise.uniform() * 256)
            }
            do throws(RoutingError) { _ = try RoutingTrace(Data(damaged)) } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }
}
