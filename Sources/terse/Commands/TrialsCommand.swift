import ArgumentParser
import Foundation
import TerseJSON
import TerseModel
import TerseProfiling
import TerseTensor

/// `terse trials`: the process behind `terse tune` that measures with one instruction set.
struct TrialsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trials",
        abstract: "Measures configurations of a model for `terse tune`, which starts it.",
        discussion: """
            Reads JSON from standard input, what is to be measured on the first line and a configuration on each of the
            others, and answers each with a line. Ends when its standard input does.

            Example:
              terse trials Models/stories260K.gguf < configurations.jsonl
            """)

    @Argument(help: "The model to measure, as for run.")
    var model: String

    @OptionGroup var packing: PackingOption

    func run() throws {
        // Nothing is left behind, and whoever asked has the signal, too.
        Interrupts.endAtOnce()
        guard let first = readLine() else { return }
        let conditions = try TuningConditions(try JSONValue.parse(first))
        let bench = TrialBench(try LoadedModel.model(packing.open(model)), conditions)
        try answer(.ready)
        let reach = ProcessorList.inReach
        while let line = readLine() {
            let options = try TunedOptions(try JSONValue.parse(line), reach: reach)
            do {
                try answer(.rates(try bench.measure(options)))
            } catch let error as ModelError where error.code == .outOfMemory {
                try answer(.refused(reason: error.message))
            }
        }
    }

    private func answer(_ answer: TrialAnswer) throws { try StandardOutput.writeLine(answer.json.serialized()) }
}
