import TerseTraining

/// Shows how a training run goes.
final class TrainingDisplay {
    private var tokenizing: ProgressBar?
    private var asking: ProgressBar?
    private var training: ProgressBar?
    /// Of the checkpoint that the run goes on from.
    private var resumedStep: Int?
    /// Shown until the next evaluation.
    private var lastHeldOut = ""

    /// Tells what kind of run it is.
    func begin(_ run: TrainingRun) {
        tokenizing?.finish()
        asking?.finish()
        let memory = Quantity.bytes(run.memoryBytes)
        StandardError.writeLine(
            "\(run.recipe.name): \(run.weightCount) weights, \(run.stepCount) steps of \(run.recipe.tokensPerStep) tokens, \(run.windowsPerEpoch) windows an epoch, \(memory)"
        )
        training = ProgressBar("training", total: run.stepCount, unit: .items("steps"))
        if let resumedStep { training?.report(resumedStep) }
    }

    /// False when the user asked to stop.
    func show(_ event: TrainingRun.Event) -> Bool {
        switch event {
        case .tokenizing(let bytes, let total):
            if tokenizing == nil { tokenizing = ProgressBar("tokenising", total: total, unit: .bytes) }
            tokenizing?.report(bytes, of: total)
        case .asking(let tokens, let total):
            tokenizing?.finish()
            if asking == nil { asking = ProgressBar("asking the teacher", total: total, unit: .items("tokens")) }
            asking?.report(tokens, of: total)
        case .stepped(let entry, let total):
            var detail = "loss \(entry.loss.map(Quantity.figures) ?? "–")  \(Int(entry.tokensPerSecond)) tokens/s"
            if let heldOut = entry.heldOut {
                lastHeldOut = "  held out \(Quantity.figures(heldOut.bitsPerByte)) bits per byte"
            }
            detail += lastHeldOut
            if let forward = entry.distillation?.forward { detail += "  divergence \(Quantity.figures(forward))" }
            if let utilization = entry.utilization { detail += "  MFU \(Int(100 * utilization)) %" }
            training?.report(entry.step, of: total, detail: detail)
        case .resumed(let path, let step):
            resumedStep = step
            StandardError.writeLine("resumed at step \(step) from \(path.printable)")
        }
        return !Interrupts.requested
    }

    func finish() { training?.finish() }

    func abandon() {
        tokenizing?.abandon()
        asking?.abandon()
        training?.abandon()
    }
}
