import Foundation

/// The curves of a run as one HTML page that needs no network.
struct LossReport {
    let title: String
    let entries: [TrainingLogEntry]

    init(title: String, entries: [TrainingLogEntry]) {
        self.title = title
        self.entries = entries
    }

    /// The loss curves alone, as SVG; nil when nothing was logged.
    var lossSVG: String? {
        LossChart(
            title: "Loss", unit: "nats per token, over tokens",
            curves: [
                LossChart.Curve(name: "training", color: "#1f6fb4", points: points { $0.loss }),
                LossChart.Curve(
                    name: "held out", color: "#c43c39", points: points { $0.heldOut?.nats }, isDotted: true),
            ]
        ).svg
    }

    /// The whole page.
    var html: String {
        let charts = [
            lossSVG,
            chart("Held-out text", "bits per byte", "#c43c39") { $0.heldOut?.bitsPerByte },
            chart("Divergence from the teacher", "KL(teacher ‖ student), nats per token", "#b8761f") {
                $0.distillation?.forward
            },
            chart("Attention", "relations against the teacher's, nats", "#b8761f") { $0.distillation?.attention },
            chart("Learning rate", "", "#5b8c3a") { $0.learningRate },
            chart("Gradient norm", "before clipping", "#8a5bb0") { $0.gradientNorm },
            chart("Speed", "tokens per second", "#777777") { $0.tokensPerSecond },
            chart("Model FLOP utilisation", "percent of the machine's matrix products", "#777777") { entry in
                entry.utilization.map { 100 * $0 }
            },
        ].compactMap { $0 }
        let rows = summary.map { "<tr><th>\(LossChart.escaped($0.0))</th><td>\(LossChart.escaped($0.1))</td></tr>" }
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>\(LossChart.escaped(title))</title>
            <style>body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}th{text-align:left;padding-right:2em;font-weight:normal}svg{width:100%;margin:1em 0}</style>
            </head><body><h1>\(LossChart.escaped(title))</h1>
            <table>\(rows.joined())</table>
            \(charts.joined(separator: "\n"))
            </body></html>

            """
    }

    private var summary: [(String, String)] {
        guard let last = entries.last else { return [("Steps", "0")] }
        var rows = [
            ("Steps", "\(last.step)"), ("Tokens", "\(last.tokens)"),
            ("Hours", String(format: "%.2f", last.seconds / 3600)),
            ("Training loss", last.loss.map { String(format: "%.4f", $0) } ?? "–"),
            ("Tokens per second", String(format: "%.0f", Double(last.tokens) / max(last.seconds, 1e-9))),
        ]
        if let utilization = entries.last(where: { $0.utilization != nil })?.utilization {
            rows.append(("Model FLOP utilisation", String(format: "%.0f %%", 100 * utilization)))
        }
        if let heldOut = entries.last(where: { $0.heldOut != nil })?.heldOut {
            rows.append(("Held-out loss", String(format: "%.4f", heldOut.nats)))
            rows.append(("Held-out bits per byte", String(format: "%.4f", heldOut.bitsPerByte)))
        }
        return rows
    }

    private func chart(_ title: String, _ unit: String, _ color: String, _ value: (TrainingLogEntry) -> Double?)
        -> String?
    {
        LossChart(
            title: title, unit: unit, curves: [LossChart.Curve(name: "", color: color, points: points(value))]
        ).svg
    }

    private func points(_ value: (TrainingLogEntry) -> Double?) -> [(x: Double, y: Double)] {
        entries.compactMap { entry in value(entry).map { (Double(entry.tokens), $0) } }
    }
}
