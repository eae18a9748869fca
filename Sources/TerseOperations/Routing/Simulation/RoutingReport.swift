import Foundation

/// What policies came to on a trace.
public struct RoutingReport: Sendable, Equatable, Codable {
    /// One policy: means over the requests that are judged.
    public struct Row: Sendable, Equatable, Codable {
        public var policy: String
        /// The share or the weight; nil where there is none.
        public var setting: Double?
        public var bitsPerByte: Double
        public var seconds: Double
        public var joules: Double
        /// The share of requests that the best variant answered.
        public var bestShare: Double
        /// Seconds over those of the best variant for all.
        public var timeRatio: Double
        /// Bits per byte less those of random mixing that takes as much time: negative is better.
        public var againstRandom: Double
        /// Of `againstRandom`, by the differences of the requests.
        public var standardError: Double

        enum CodingKeys: String, CodingKey {
            case policy, setting
            case bitsPerByte = "bits_per_byte"
            case seconds, joules
            case bestShare = "best_share"
            case timeRatio = "time_ratio"
            case againstRandom = "against_random"
            case standardError = "standard_error"
        }
    }

    /// Requests that the router learned from, the first of the trace, and those after them, which are judged.
    public var learned: Int
    public var judged: Int
    /// The variants between which random mixing draws.
    public var best: String
    public var least: String
    public var rows: [Row]

    /// The rows as a table, its head first, columns apart by two spaces.
    public var lines: [String] {
        let head = ["policy", "setting", "bits/byte", "ms", "joules", "best %", "time %", "vs random", "+-"]
        let cells =
            [head]
            + rows.map { row in
                [
                    row.policy, row.setting.map { String(format: "%.2f", $0) } ?? "",
                    String(format: "%.4f", row.bitsPerByte), String(format: "%.3f", row.seconds * 1000),
                    String(format: "%.4f", row.joules), String(format: "%.1f", row.bestShare * 100),
                    String(format: "%.1f", row.timeRatio * 100), String(format: "%+.4f", row.againstRandom),
                    String(format: "%.4f", row.standardError),
                ]
            }
        let widths = head.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ")
        }
    }
}
