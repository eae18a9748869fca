import Foundation
import TerseProfiling
import TerseTensor

/// A running `terse trials`: a process of its own, since kernels are bound to one instruction set for good.
final class TrialProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var buffer: [UInt8] = []

    /// A longer answer is none.
    private static let lineBytesMax = 1 << 16

    /// Starts it and waits until the model is loaded.
    /// - Throws: `Interruption`, or `CommandError` when it ends.
    init(_ model: String, _ packing: PackingOption, _ set: InstructionSet, _ conditions: TuningConditions) throws {
        process.executableURL = URL(filePath: "/proc/self/exe")
        process.arguments = ["trials", model, "--i2s-order", packing.i2sOrder.rawValue]
        process.environment = ProcessInfo.processInfo.environment.merging(
            [InstructionSet.environmentVariable: set.name]) { $1 }
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        try write(conditions.json.serialized())
        guard case .ready = try answer() else { throw CommandError("terse trials: expected that it is ready") }
    }

    deinit {
        if process.isRunning { process.terminate() }
    }

    /// - Returns: nil where the configuration cannot run, and why.
    func measure(_ options: TunedOptions) throws -> (rates: TrialRates?, reason: String) {
        try write(options.json.serialized())
        switch try answer() {
        case .rates(let rates): return (rates, "")
        case .refused(let reason): return (nil, reason)
        case .ready: throw CommandError("terse trials: expected rates, found that it is ready")
        }
    }

    private func write(_ line: String) throws {
        do {
            try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        } catch {
            throw ended()
        }
    }

    private func answer() throws -> TrialAnswer {
        let descriptor = output.fileHandleForReading.fileDescriptor
        while true {
            if let newline = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[..<newline], as: UTF8.self)
                buffer.removeSubrange(...newline)
                guard let answer = TrialAnswer(line) else {
                    throw CommandError("terse trials: expected rates, found \(line.prefix(80).description.printable)")
                }
                return answer
            }
            var descriptors = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: Interrupts.readableWhenRequested, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&descriptors, 2, -1)
            try Interrupts.check()
            guard descriptors[0].revents != 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, buffer.count < Self.lineBytesMax else { throw ended() }
            buffer += bytes[..<count]
        }
    }

    private func ended() -> any Error {
        process.waitUntilExit()
        if Interrupts.requested { return Interruption() }
        return CommandError("terse trials ended with status \(process.terminationStatus)")
    }
}
