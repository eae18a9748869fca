import Foundation
import Synchronization

/// Progress of long work on standard error: a bar with rate and time left on a terminal, plain lines otherwise.
///
/// Safe to report to from any thread.
final class ProgressBar: Sendable {
    /// What the amounts count, which decides how they are written.
    enum Unit: Sendable {
        case bytes
        case items(String)
    }

    private struct State {
        var done = 0
        var total: Int?
        /// The first report: what was done by then is not this work's, so the rate counts from there.
        var first: (done: Int, time: ContinuousClock.Instant)?
        var drawn: ContinuousClock.Instant?
        var finished = false
        /// What else there is to say.
        var detail = ""
    }

    /// Between two drawings of the bar, and between two plain lines.
    private static let redrawInterval = Duration.milliseconds(100)
    private static let lineInterval = Duration.seconds(5)

    private let title: String
    private let unit: Unit
    private let start = ContinuousClock.now
    private let onTerminal = StandardError.isTerminal
    private let state: Mutex<State>

    /// - Parameter total: The amount of the whole work, when it is known.
    init(_ title: String, total: Int?, unit: Unit) {
        self.title = title
        self.unit = unit
        state = Mutex(State(total: total))
    }

    /// Reports that `done` of the work is done. The first report may be above zero (a download resumed): only what
    /// came since counts for the rate.
    func report(_ done: Int, of total: Int? = nil, detail: String = "") {
        state.withLock { state in
            guard !state.finished else { return }
            if state.first == nil { state.first = (done, .now) }
            state.done = done
            state.detail = detail
            if let total { state.total = total }
            onTerminal ? drawBar(&state) : drawLine(&state)
        }
    }

    /// Draws the final state and leaves the line. Idempotent.
    func finish() {
        state.withLock { state in
            guard !state.finished else { return }
            state.finished = true
            StandardError.write((onTerminal ? "\r\u{1B}[K" : "") + summary(state) + "\n")
        }
    }

    /// The same, unless nothing was ever reported.
    func finishIfBegun() {
        if state.withLock({ $0.first != nil }) { finish() }
    }

    /// A line above the bar.
    func interject(_ line: String) {
        state.withLock { state in
            let isDrawn = onTerminal && state.drawn != nil && !state.finished
            StandardError.writeLine((isDrawn ? "\r\u{1B}[K" : "") + line)
            if onTerminal { state.drawn = nil }
        }
    }

    /// Clears the bar, for an error message in its place.
    func abandon() {
        state.withLock { state in
            guard !state.finished else { return }
            state.finished = true
            if onTerminal && state.drawn != nil { StandardError.write("\r\u{1B}[K") }
        }
    }

    /// Runs work with a bar, until it is done or Ctrl-C comes.
    ///
    /// - Parameters:
    ///   - leavesLine: Whether the bar's final state stays on the screen.
    ///   - body: Is handed what to tell how much is done, of how much; that returns whether to go on.
    /// - Throws: `Interruption`, or what the work throws.
    static func during<Result>(
        _ title: String, unit: Unit, leavesLine: Bool = true,
        _ body: (_ report: @escaping @Sendable (_ done: Int, _ total: Int?) -> Bool) throws -> Result
    ) throws -> Result {
        let bar = ProgressBar(title, total: nil, unit: unit)
        do {
            let result = try body { done, total in
                bar.report(done, of: total)
                return !Interrupts.requested
            }
            leavesLine ? bar.finish() : bar.abandon()
            return result
        } catch {
            bar.abandon()
            try Interrupts.check()
            throw error
        }
    }

    private func drawBar(_ state: inout State) {
        let now = ContinuousClock.now
        if let drawn = state.drawn, now - drawn < Self.redrawInterval { return }
        state.drawn = now
        let text = summary(state)
        var line = text
        if let total = state.total, total > 0 {
            let room = min(30, StandardError.columns - text.count - 5)
            if room >= 10 {
                let filled = min(room, Int(Double(room) * Double(state.done) / Double(total)))
                line +=
                    "  [" + String(repeating: "#", count: filled) + String(repeating: ".", count: room - filled) + "]"
            }
        }
        StandardError.write("\r\u{1B}[K" + line.prefix(max(10, StandardError.columns - 1)))
    }

    /// Nothing for work that is soon done, then a line now and then.
    private func drawLine(_ state: inout State) {
        let now = ContinuousClock.now
        if now - (state.drawn ?? start) < Self.lineInterval { return }
        state.drawn = now
        StandardError.writeLine(summary(state))
    }

    private func summary(_ state: State) -> String {
        var parts = [title]
        if let total = state.total, total > 0 {
            parts.append("\(Int(100 * Double(state.done) / Double(total))) %")
            parts.append("\(amount(state.done, named: false)) of \(amount(total))")
        } else {
            parts.append(amount(state.done))
        }
        let now = ContinuousClock.now
        let first = state.first ?? (state.done, now)
        let measured = (now - first.time) / .seconds(1)
        let rate = Double(state.done - first.done) / max(measured, 1e-9)
        if measured > 0.2 && rate > 0 {
            if rate >= 1 { parts.append("\(amount(Int(rate)))/s") }
            if !state.finished, let total = state.total, total > state.done {
                parts.append("\(Quantity.seconds(Double(total - state.done) / rate)) left")
            }
        }
        if state.finished { parts.append("in \(Quantity.seconds((now - start) / .seconds(1)))") }
        if !state.detail.isEmpty { parts.append(state.detail) }
        return parts.joined(separator: "  ")
    }

    private func amount(_ value: Int, named: Bool = true) -> String {
        switch unit {
        case .bytes: Quantity.bytes(value)
        case .items(let name): named ? "\(value) \(name)" : "\(value)"
        }
    }
}
