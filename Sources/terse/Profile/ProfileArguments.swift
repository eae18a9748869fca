import ArgumentParser
import TerseEvaluation
import TerseTelemetry

/// Multiple choice for a profile: `hellaswag=FILE`.
struct ChoiceFile: ExpressibleByArgument {
    let task: ChoiceTask
    let path: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let task = ChoiceTask(rawValue: String(parts[0])) else { return nil }
        (self.task, path) = (task, String(parts[1]))
    }
}

/// Watts of the idle host, and what a busy processor adds: `12,3.5`.
struct PowerModelArgument: ExpressibleByArgument {
    let model: PowerModel

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard parts.count == 2, let idle = parts[0], let busy = parts[1],
            let model = try? PowerModel(idleWatts: idle, busyProcessorWatts: busy)
        else { return nil }
        self.model = model
    }
}
