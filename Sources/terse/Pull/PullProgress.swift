import Synchronization
import TerseHub

/// Shows the phases of a download, and knows what of it has come.
final class PullProgress: Sendable {
    private struct State {
        var saidWaiting = false
        var receivedBytes: Int64 = 0
        var totalBytes: Int64?
    }

    private let download: ProgressBar
    private let verification = ProgressBar("verifying", total: nil, unit: .bytes)
    private let state = Mutex(State())

    init(title: String) {
        download = ProgressBar(title.printable, total: nil, unit: .bytes)
    }

    func report(_ progress: DownloadProgress) {
        let (done, total) = (Int(clamping: progress.receivedBytes), progress.totalBytes.map { Int(clamping: $0) })
        switch progress.phase {
        case .waiting:
            let isNews = state.withLock { state in
                defer { state.saidWaiting = true }
                return !state.saidWaiting
            }
            if isNews { StandardError.writeLine("another process downloads this file; waiting for it") }
        case .downloading:
            keep(progress)
            download.report(done, of: total)
        case .verifying: verification.report(done, of: total)
        case .retrying(let reason, let delay):
            keep(progress)
            let wait = Quantity.seconds(delay / .seconds(1))
            download.interject("\(reason.printable); trying again in \(wait)")
        }
    }

    private func keep(_ progress: DownloadProgress) {
        state.withLock { state in
            state.receivedBytes = progress.receivedBytes
            state.totalBytes = progress.totalBytes ?? state.totalBytes
        }
    }

    /// Leaves the bar of what was downloaded, if anything was.
    func finish() {
        verification.abandon()
        download.finishIfBegun()
    }

    /// Clears the bars and says what is kept of a file that did not become whole.
    func abandon(keepsPart: Bool) {
        verification.abandon()
        download.abandon()
        let (bytes, total) = state.withLock { ($0.receivedBytes, $0.totalBytes) }
        guard keepsPart, bytes > 0 else { return }
        let whole = total.map { " of \(Quantity.bytes(Int(clamping: $0)))" } ?? ""
        StandardError.writeLine(
            "\(Quantity.bytes(Int(clamping: bytes)))\(whole) are kept; the same command goes on from there")
    }
}
