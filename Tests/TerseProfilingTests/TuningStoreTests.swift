import Foundation
import TerseFormats
import TerseJSON
import TerseTensor
import TestSupport
import Testing

@testable import TerseProfiling

@Suite struct TuningStoreTests {
    let home: TemporaryFolder
    let store: TuningStore
    let shape: ModelShape
    let host = TuningHost(.current, Topology(processors: [Self.processor]))
    let program = ProgramIdentity(version: "0.1.0", byteCount: 1000, changed: 1_700_000_000_123_456_789)

    static let processor = Topology.Processor(
        number: 0, core: 0, cache: 0, node: 0, isIsolated: false, speed: 1)

    init() throws {
        home = try TemporaryFolder()
        store = TuningStore(home: home.url)
        shape = try ModelShape(try ModelFile.open(TestData.shippedStories))
    }

    private var folder: URL { home.url.appending(path: "tuning") }

    private func record(_ shape: ModelShape? = nil, host: TuningHost? = nil) -> TuningRecord {
        var simulated = SimulatedHost(ratios: [1, 1.3, 0.9, 1.1], seed: 2)
        let search = simulated.search()
        var candidates = [TunedOptions](repeating: TunedOptions(), count: 4)
        (candidates[1].threads, candidates[2].stepTokens, candidates[3].kvType) = (1, 256, .int8)
        return TuningRecord(
            search, candidates, conditions: TuningConditions(), host: host ?? self.host, shape: shape ?? self.shape,
            program: program, time: Date(timeIntervalSince1970: 1_800_000_000.125))
    }

    private func find(_ program: ProgramIdentity? = nil, host: TuningHost? = nil) -> TuningStore.Finding {
        store.find(shape, on: host ?? self.host, by: program ?? self.program, reach: ProcessorList([0, 1]))
    }

    @Test func whatIsKeptIsFound() throws {
        #expect(find() == .none)
        let record = record()
        #expect(record.options.threads == 1 && record.gain > 1.2 && record.rounds.count == 2)
        let path = try store.save(record)
        #expect(find() == .usable(record, path: path))
        try store.save(record)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
        // Sizes and types are the shape, where the file is and what its weights are is not.
        try home.copy(TestData.shippedStories, "other.gguf")
        #expect(try ModelShape(try ModelFile.open(home.path("other.gguf"))) == shape)
        #expect(try ModelShape(try ModelFile.open(TestData.shippedNovels)) != shape)
    }

    @Test func anotherProgramOrHostIsSaid() throws {
        let path = try store.save(record())
        let newer = ProgramIdentity(version: "0.2.0", byteCount: 1000, changed: program.changed)
        guard case .outdated(let reason, path) = find(newer) else { return #expect(Bool(false), "\(find(newer))") }
        #expect(reason.contains("terse 0.1.0") && reason.contains("terse 0.2.0"), "\(reason)")
        let built = ProgramIdentity(version: "0.1.0", byteCount: 1000, changed: program.changed + 1)
        guard case .outdated = find(built) else { return #expect(Bool(false), "\(find(built))") }
        let other = TuningHost(.current, Topology(processors: []))
        guard case .outdated(let why, path) = find(host: other) else { return #expect(Bool(false)) }
        #expect(why.contains("the host is another: it was \(host.text)"), "\(why)")
        // Each host has its own.
        let second = try store.save(record(host: other))
        guard case .usable(_, second) = find(host: other) else { return #expect(Bool(false)) }
        guard case .usable(_, path) = find() else { return #expect(Bool(false)) }
    }

    /// Whatever is in the file, it is refused or read as something that is in range.
    @Test func damagedFilesAreRefused() throws {
        let path = try store.save(record())
        let whole = try Data(contentsOf: URL(filePath: path))
        let text = String(decoding: whole, as: UTF8.self)
        let damages: [Data] = [
            Data(), Data("{}".utf8), Data("[]".utf8), whole.prefix(whole.count / 2), Data([0xff, 0xfe]),
            Data(repeating: UInt8(ascii: "["), count: 100_000), Data(repeating: UInt8(ascii: " "), count: 2 << 20),
            Data(text.replacing(#""format":1"#, with: #""format":2"#).utf8),
            Data(text.replacing(#"{"threads":1}"#, with: #"{"threads":1000000}"#).utf8),
            Data(text.replacing(#""options":{"#, with: #""options":{"step":99999,"#).utf8),
            Data(text.replacing(#""layers""#, with: #""lawyers""#).utf8),
            Data(text.replacing(#""rounds":["#, with: #""rounds":[1,"#).utf8),
            Data(text.replacing(#""for":"balanced""#, with: #""for":"glory""#).utf8),
        ]
        for damage in damages {
            try damage.write(to: URL(filePath: path))
            guard case .damaged(let reason, path) = find() else {
                Issue.record("\(String(decoding: damage.prefix(80), as: UTF8.self)): \(find())")
                continue
            }
            #expect(!reason.isEmpty && reason.count < 1000)
        }
        try whole.write(to: URL(filePath: path))
        guard case .usable = find() else { return #expect(Bool(false)) }
        try mutationsStayInRange(whole, path)
    }

    private func mutationsStayInRange(_ whole: Data, _ path: String) throws {
        var random = SplitMix64(seed: 12)
        for _ in 0..<500 {
            var bytes = whole
            for _ in 0...random.next(below: 4) {
                bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 96) + 32)
            }
            try bytes.write(to: URL(filePath: path))
            guard case .usable(let record, _) = find() else { continue }
            for options in [record.options] + record.rounds.flatMap({ $0.rows.map(\.options) }) {
                #expect((1...2).contains(options.threads ?? 1))
                #expect((64...TunedOptions.stepTokensMax).contains(options.stepTokens ?? 64))
            }
        }
    }

    /// A folder or a link to nowhere in its place is no reason to stop.
    @Test func whatIsNoFileIsDamaged() throws {
        let path = try store.save(record())
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard case .damaged = find() else { return #expect(Bool(false), "\(find())") }
        #expect(throws: ProfilingError.self) { try store.save(record()) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    }

    @Test func theOldestGo() throws {
        let kept = try store.save(record())
        for number in 0..<(TuningStore.filesMax + 10) {
            let other = ModelShape(json: ["number": JSONValue(number)])
            let path = try store.save(record(other))
            let time = Date(timeIntervalSince1970: 1_600_000_000 + Double(number))
            try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count == TuningStore.filesMax && FileManager.default.fileExists(atPath: kept))
    }

    @Test func answersAreReadAsTheyAreWritten() {
        let answers: [TrialAnswer] = [
            .ready, .refused(reason: "no memory"), .rates(TrialRates(prompt: 1.5, generation: 2, streams: 3)),
        ]
        for answer in answers { #expect(TrialAnswer(answer.json.serialized()) == answer) }
        let nonsense = TrialAnswer.rates(TrialRates(prompt: 1, generation: 0, streams: 1)).json.serialized()
        for line in ["", "{}", nonsense, "{\"prompt_tokens_per_second\":-1}", "ready"] {
            #expect(TrialAnswer(line) == nil, "\(line)")
        }
    }

    @Test func conditionsAreReadAsTheyAreWritten() throws {
        var conditions = TuningConditions()
        (conditions.goal, conditions.streams, conditions.kvTypes) = (.throughput, 16, [.f16, .int8])
        (conditions.threadsMax, conditions.memoryBudgetBytes, conditions.depth) = (3, 1 << 30, 512)
        (conditions.promptTokens, conditions.budgetSeconds) = (512, 300)
        #expect(try TuningConditions(JSONValue.parse(conditions.json.serialized())) == conditions)
        #expect(throws: ProfilingError.self) { try TuningConditions(["for": "balanced", "budget_seconds": -1]) }
    }
}
