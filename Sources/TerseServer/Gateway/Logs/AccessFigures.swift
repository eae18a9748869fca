import Synchronization
import TerseTelemetry

/// How many requests there were, by path and status.
final class AccessFigures: Sendable {
    private struct Kind: Hashable {
        let path: String
        let status: Int
    }

    /// What paths that lead nowhere count as: there is no end to them.
    static let unknownPath = "other"

    private let counts = Mutex<[Kind: Int]>([:])

    /// - Parameter path: a path of the router, or `unknownPath`.
    func count(path: String, status: Int) {
        counts.withLock { $0[Kind(path: path, status: status), default: 0] += 1 }
    }

    var family: MetricFamily {
        let kinds = counts.withLock { $0 }.sorted { ($0.key.path, $0.key.status) < ($1.key.path, $1.key.status) }
        return MetricFamily(
            "terse_http_requests_total", .counter, "HTTP requests, by path and status.",
            kinds.map { .number([("path", $0.key.path), ("status", "\($0.key.status)")], Double($0.value)) })
    }
}
