import TerseFormats
import TerseTensor

extension Converter {
    /// Writes the file with a progress bar; Ctrl-C stops it before the file appears.
    /// - Throws: `Interruption`, or what the converter throws.
    func write(to path: String, team: ThreadTeam, titled title: String) throws -> ConversionReport {
        try ProgressBar.during(title, unit: .bytes) { report in
            try write(to: path, team: team) { report($0.bytesDone, plan.byteCount) }
        }
    }
}
