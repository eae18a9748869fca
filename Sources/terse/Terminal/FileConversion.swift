import TerseFormats
import TerseTensor

/// A conversion with a progress bar, which Ctrl-C stops before the file appears.
struct FileConversion {
    private let converter: Converter
    private let title: String

    init(_ converter: Converter, title: String) {
        self.converter = converter
        self.title = title
    }

    /// - Throws: `Interruption`, or what the converter throws.
    func write(to path: String, team: ThreadTeam) throws -> ConversionReport {
        let bar = ProgressBar(title, total: converter.plan.byteCount, unit: .bytes)
        do {
            let report = try converter.write(to: path, team: team) { progress in
                bar.report(progress.bytesDone)
                return !Interrupts.requested
            }
            bar.finish()
            return report
        } catch {
            bar.abandon()
            try Interrupts.check()
            throw error
        }
    }
}
