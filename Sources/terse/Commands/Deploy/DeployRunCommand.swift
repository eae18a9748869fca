import ArgumentParser
import Foundation
import TerseConfiguration
import TerseJSON
import TerseOperations
import TerseRegistry

/// `terse deploy run`, which `terse deploy SPEC` is.
struct DeployRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Begin a deployment by a spec and carry it out (default).",
        discussion: """
            The spec is YAML; all but candidate may be left out, and an unknown key is an error:

              candidate: novels:2/tq2_0
              why: trained longer
              quality: {text: heldout.txt, windows: 64, parent: novels:1/tq2_0, choice: hellaswag=questions.txt}
              requirements:
                memory: 200MiB                     # predicted, then measured
                operations_per_token: 20e6
                load_seconds: 1
                prompt_tokens_per_second: 500      # at least, as all rates and shares
                generation_tokens_per_second: 60
                loaded_tokens_per_second: 200
                time_to_first_token_ms: {p50: 200, p95: 500}
                time_per_output_token_ms: {p95: 40}
                bits_per_byte: 1.45
                perplexity: 40
                kl_divergence: 0.1
                top1_agreement: 0.9
                choice_accuracy: 0.3
                joules_per_token: 1
                cores: 2
                host_memory: 1GiB
                instruction_sets: [avx2, avx512]   # one of them
              load: {streams: 4, requests: 40, prompt_tokens: 128, output_tokens: 32}
              engine: {threads: 2, memory: 180MiB, context: 1024, kv: int8, running: 8, waiting: 64}
              tune: false
              scaling: {replicas_min: 1, replicas_max: 4, utilisation: 0.7}
              rollout: {weights: [1, 5, 25, 50], pairs_per_step: 100}

            Names of files are relative to the spec. Exit code 1 where a requirement is not met.

            Examples:
              terse deploy run spec.yaml
              terse deploy run spec.yaml --dry-run
            """)

    @Argument(help: "The spec, a YAML file.")
    var spec: String

    @Flag(help: "Check the spec, and the requirements that need no measurement; record nothing.")
    var dryRun = false

    @OptionGroup var author: AuthorOptions
    @OptionGroup var registry: RegistryOption

    @Flag(help: "Print the deployment as JSON.")
    var json = false

    func run() throws {
        let text = try ConfigurationFile.read(self.spec)
        let spec = try DeploymentSpec(ConfigurationFile.parse(text, source: self.spec))
        let registry = try registry.open()
        let candidate = try spec.variant(spec.candidate, at: .candidate, in: registry)
        // Before anything is recorded: files that are damaged or missing are found here.
        let facts = try DeploymentRun.foreseenFacts(spec, candidate, registry)
        try CandidateProfile.checkFiles(of: spec, source: self.spec)
        if dryRun {
            let verdicts = DeploymentRun.verdicts(spec, facts, foreseenOnly: true)
            return try tell(verdicts, of: candidate)
        }
        let by = Attribution(author: author.attribution.author, reason: author.why ?? spec.why)
        let record = try registry.beginDeployment(
            of: candidate, spec: text, source: URL(filePath: self.spec).absoluteURL.path, by: by)
        try DeploymentRun.carryOut(record, in: registry, by: by, json: json)
    }

    private func tell(_ verdicts: [RequirementVerdict], of candidate: ModelReference) throws {
        let rows = verdicts.map(\.json)
        if json {
            let object: JSONValue = ["candidate": .string(candidate.description), "verdicts": .array(rows)]
            try StandardOutput.writeLine(object.serialized())
        } else {
            try StandardOutput.write(DeploymentRecord.table(of: rows))
        }
        guard verdicts.allSatisfy(\.isMet) else { throw ExitCode.failure }
    }
}
