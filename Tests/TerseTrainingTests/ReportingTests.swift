import Foundation
import FoundationXML
import TestSupport
import Testing

@testable import TerseTraining

/// The log survives kills, the report is a page that opens anywhere.
@Suite struct ReportingTests {
    static func entry(_ step: Int) -> TrainingLogEntry {
        TrainingLogEntry(
            step: step, tokens: step * 4096, loss: 9 / Double(step + 1).squareRoot(), gradientNorm: 0.5,
            learningRate: 1e-3, tokensPerSecond: 7000.5, utilization: step % 2 == 0 ? 0.4 : nil,
            seconds: Double(step) * 0.6,
            heldOut: step % 10 == 0 ? HeldOutLoss(nats: 9.1 / Double(step + 1).squareRoot(), bitsPerByte: 2.5) : nil)
    }

    @Test func entriesAreReadBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("log.jsonl")
        let entries = (1...30).map(Self.entry)
        let log = try TrainingLog(path: path, resumingAfter: 0)
        for entry in entries { try log.append(entry) }
        #expect(try TrainingLog.read(path) == entries)
    }

    /// After a kill the last line may be cut; after resuming from a checkpoint later steps are taken again.
    @Test func resumingCutsTheLogToTheCheckpoint() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("log.jsonl")
        do {
            let log = try TrainingLog(path: path, resumingAfter: 0)
            for step in 1...9 { try log.append(Self.entry(step)) }
        }
        let whole = try Data(contentsOf: URL(filePath: path))
        try folder.write(whole.dropLast(20), "log.jsonl")
        let log = try TrainingLog(path: path, resumingAfter: 5)
        #expect(log.entries == (1...5).map(Self.entry))
        try log.append(Self.entry(6))
        #expect(try TrainingLog.read(path) == (1...6).map(Self.entry))
    }

    @Test func whatIsNoLogIsNamed() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("{\"step\": 1}\n{}\n".utf8, "log.jsonl")
        let error = #expect(throws: TrainingError.self) { try TrainingLog.read(path) }
        #expect(error?.message == "\(path):1: is no entry of a training log")
    }

    @Test(arguments: [0, 1, 2, 50, 5000]) func theReportIsWellFormed(count: Int) throws {
        let report = LossReport(title: "a < b & \"c\"", entries: (0..<count).map(Self.entry))
        #expect((report.lossSVG != nil) == (count > 0))
        if let svg = report.lossSVG {
            #expect(XMLParser(data: Data(svg.utf8)).parse())
            #expect(!svg.contains("nan") && !svg.contains("inf"))
        }
        let body = try #require(report.html.split(separator: "<body>").last?.split(separator: "</body>").first)
        #expect(XMLParser(data: Data("<body>\(body)</body>".utf8)).parse())
        #expect(body.components(separatedBy: "<svg").count - 1 == (count > 0 ? 6 : 0))
    }
}
