import TerseConfiguration
import Testing

@testable import TerseOperations

@Suite struct DeploymentSpecTests {
    private func spec(_ text: String) throws -> DeploymentSpec {
        try DeploymentSpec(ConfigurationFile.parse(text, source: "spec.yaml"))
    }

    @Test func everythingIsRead() throws {
        let spec = try spec(
            """
            candidate: novels:2/tq2_0
            why: trained longer
            quality: {text: a.txt, windows: 8, parent: "novels:1", choice: hellaswag=q.txt}
            requirements:
              memory: 200MiB
              operations_per_token: 2e7
              time_to_first_token_ms: {p50: 20, p95: 50}
              top1_agreement: 0.9
              choice_accuracy: 0.3
              instruction_sets: [avx2, neon]
              host_memory: 1GiB
            load: {streams: 2, requests: 9, prompt_tokens: 7, output_tokens: 3}
            engine: {threads: 2, memory: 100MiB, context: 64, kv: int8, running: 2, waiting: 3}
            tune: true
            scaling: {replicas_min: 0, replicas_max: 3, utilisation: 0.5}
            rollout: {weights: [5, 50]}
            """)
        #expect(spec.candidate == "novels:2/tq2_0" && spec.why == "trained longer" && spec.isTuned)
        #expect(spec.quality.text == "a.txt" && spec.quality.windows == 8 && spec.quality.parent == "novels:1")
        #expect(spec.quality.choice?.task == "hellaswag" && spec.quality.files == ["a.txt", "q.txt"])
        #expect(
            spec.requirements.map(\.name) == [
                "memory", "operations_per_token", "time_to_first_token_ms.p50", "time_to_first_token_ms.p95",
                "top1_agreement", "choice_accuracy", "host_memory", "instruction_sets[avx2,neon]",
            ])
        #expect(spec.requirements.map(\.limit) == [209_715_200, 2e7, 20, 50, 0.9, 0.3, 0x1p30, 1])
        #expect(spec.requirements[0].place == "spec.yaml:5" && spec.requirements[3].place == "spec.yaml:7")
        #expect(spec.requirements.last?.instructionSets == [.avx2, .neon])
        #expect(spec.load.streams == 2 && spec.load.requests == 9 && spec.load.outputTokens == 3)
        #expect(
            spec.engine.arguments == [
                "--threads", "2", "--memory", "104857600", "--context", "64", "--kv", "int8", "--running", "2",
                "--waiting", "3",
            ])
        #expect(spec.scaling.replicasMin == 0 && spec.scaling.replicasMax == 3 && spec.rollout.weights == [0.05, 0.5])
    }

    @Test func theCandidateIsEnough() throws {
        #expect(try spec("candidate: a:1\n") == DeploymentSpec(candidate: "a:1"))
    }

    /// What others find wrong is named with its line as well.
    @Test func errorsOfOthersHaveTheLine() throws {
        let spec = try spec("candidate: a\nquality:\n  text: t\nengine:\n  memory: 1MiB\n")
        #expect(spec.error(.candidate, "gone").message == "spec.yaml:1: candidate: gone")
        #expect(spec.error(.text, "gone").message == "spec.yaml:3: quality.text: gone")
        #expect(spec.error(.memory, "small").message == "spec.yaml:5: engine.memory: small")
        #expect(spec.error(.parent, "other").message == "spec.yaml:2: quality.parent: other", "where quality stands")
        #expect(spec.error(.load, "long").message == "spec.yaml: load: long")
        #expect(DeploymentSpec(candidate: "a").error(.load, "long").message == "load: long")
    }

    @Test func whatIsWrongIsNamedWithItsLine() throws {
        let cases = [
            ("why: x\n", "candidate is missing"),
            ("candidate: a\nrequirments: {}\n", "spec.yaml:2: requirments: unknown key; did you mean requirements?"),
            ("candidate: a\nrequirements:\n  memory: 1\n  speed: 3\n", "spec.yaml:4: requirements.speed: unknown key"),
            ("candidate: a\nrequirements: {memory: lots}\n", "bytes, or a number with KiB"),
            ("candidate: a\nrequirements: {top1_agreement: 90}\nquality: {text: t}\n", "a number from 0.0 to 1.0"),
            (
                "candidate: a\nrequirements:\n  perplexity: 9\n",
                "spec.yaml:3: requirements.perplexity: needs quality.text"
            ),
            ("candidate: a\nquality: {text: t}\nrequirements: {choice_accuracy: 0.2}\n", "needs quality.choice"),
            (
                "candidate: a\nrequirements:\n  time_per_output_token_ms: {p50: 9, p99: 8}\n",
                "spec.yaml:3: requirements.time_per_output_token_ms.p99: contradicts p50: expected at least 9.0, found 8.0"
            ),
            ("candidate: a\nrequirements:\n  time_per_output_token_ms: {p42: 9}\n", "p42: unknown key"),
            ("candidate: a\nrequirements: {time_per_output_token_ms: 9}\n", "expected keys with values"),
            ("candidate: a\nrequirements: {memory: 2GiB, host_memory: 1GiB}\n", "contradicts memory"),
            ("candidate: a\nrequirements: {memory: 1MiB}\nengine: {memory: 2MiB}\n", "contradicts engine.memory"),
            ("candidate: a\nengine: {context: 100}\n", "contradicts engine.context"),
            ("candidate: a\nengine: {running: 1, waiting: 1}\n", "contradicts engine"),
            ("candidate: a\nload: {streams: 9, requests: 8}\n", "at least one for each of 9 streams"),
            ("candidate: a\nscaling: {replicas_min: 5, replicas_max: 2}\n", "at least replicas_min"),
            ("candidate: a\nrollout: {weights: [60]}\n", "spec.yaml:2: rollout.weights: expected growing"),
            ("candidate: a\nrequirements: {instruction_sets: [sse]}\n", "expected some of scalar, avx2, avx512, neon"),
            ("candidate: a\nquality: {windows: 3}\n", "quality.windows: needs text"),
            (
                "candidate: a\nquality: {text: t, choice: hellaswag}\n",
                "spec.yaml:2: quality.choice: expected TASK=FILE"
            ),
            ("candidate: a\nengine: {kv: f8}\n", "expected f16, int8"),
            (
                "candidate: a\nengine: {threads: 99999}\n",
                "spec.yaml:2: engine.threads: expected a whole number from 1 to 1024, found \"99999\""
            ),
            ("candidate: a\nengine: {running: 129}\n", "engine.running: expected a whole number from 1 to 128"),
            ("candidate: a\nengine: {context: 268435457}\n", "engine.context: expected a whole number from 1 to 2684"),
        ]
        for (text, part) in cases {
            let error = #expect(throws: ConfigurationError.self, "\(text)") { try spec(text) }
            #expect(error?.message.contains(part) == true, "\(text): \(error?.message ?? "")")
        }
    }

    @Test func verdictsCompareTheRightWay() {
        let requirements = [
            Requirement(.memory, limit: 100), Requirement(.generationRate, limit: 50),
            Requirement(.timeToFirstToken, percentile: 95, limit: 10), Requirement(.perplexity, limit: 3),
        ]
        let facts = [
            RequirementFact(.memory, value: 90, basis: .predicted),
            RequirementFact(.memory, value: 110, low: 90, high: 120, basis: .measured),
            RequirementFact(.generationRate, value: 50, basis: .measured),
            RequirementFact(.timeToFirstToken, percentile: 50, value: 1, basis: .measured),
            RequirementFact(.timeToFirstToken, percentile: 95, value: .nan, basis: .measured),
        ]
        let verdicts = RequirementVerdict.all(requirements, facts)
        #expect(verdicts.map(\.isMet) == [true, false, true, false, false])
        #expect(verdicts.map(\.isMarginal) == [false, true, false, false, false])
        #expect(verdicts.last?.fact == nil)
    }
}
