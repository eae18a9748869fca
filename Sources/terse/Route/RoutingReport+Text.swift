import Foundation
import TerseOperations

extension RoutingReport {
    /// What was learned from, judged and compared, and a row for each policy.
    var text: String {
        let head =
            "learned from \(learned) requests, judged by \(judged); best variant \(best), least demanding \(least)"
        return ([head, ""] + lines).map { $0.printable + "\n" }.joined()
    }

    /// On one line.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
