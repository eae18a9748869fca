import Foundation
import TerseJSON
import TerseRegistry
import TerseTensor

extension TuningRecord {
    /// The format that is written; files of others are not read.
    static let format = 1
    /// Rounds of a file that are read.
    static let roundsMax = 16

    /// As it is stored.
    public var json: JSONValue {
        [
            "format": JSONValue(Self.format), "time": .string(Timestamp.text(time)), "program": program.json,
            "options": options.json, "gain": .number(gain), "comparison": comparison.map(Self.json) ?? .null,
            "conditions": conditions.json, "shape": shape.json, "host": host.json,
            "rounds": .array(rounds.map(Self.json)),
        ]
    }

    private static func json(_ comparison: Comparison) -> JSONValue {
        let ratio = comparison.ratio
        return [
            "options": comparison.options.json, "ratio": .number(ratio.value), "low": .number(ratio.low),
            "high": .number(ratio.high), "pairs": JSONValue(ratio.samples),
        ]
    }

    private static func json(_ round: Round) -> JSONValue {
        let rows = round.rows.map { row -> JSONValue in
            var object: JSONObject = ["options": row.options.json, "ratio": .number(row.ratio)]
            for (key, value) in row.rates?.json.members ?? [] { object[key] = value }
            return .object(object)
        }
        return ["passes": JSONValue(round.passes), "configurations": .array(rows)]
    }

    /// Reads what `json` writes.
    /// - Parameter reach: the processors that threads may run on.
    /// - Throws: `ProfilingError` (`badTuning`) naming the member, what was expected and what was found.
    init(_ json: JSONValue, reach: ProcessorList?) throws(ProfilingError) {
        guard json["format"]?.intValue == Self.format else {
            throw .badMember("format", "\(Self.format)", json["format"])
        }
        guard let time = json["time"]?.stringValue, let date = try? Date(time, strategy: .iso8601WithFractions) else {
            throw .badMember("time", "a time such as 2026-11-29T14:05:00.000Z", json["time"])
        }
        guard let host = json["host"], let shape = json["shape"], let options = json["options"] else {
            throw .badMember("tuning", "host, shape and options", json)
        }
        self.init(
            host: TuningHost(json: host), shape: ModelShape(json: shape), program: try ProgramIdentity(json["program"]),
            time: date, conditions: try TuningConditions(json["conditions"]),
            options: try TunedOptions(options, reach: reach), rounds: try Self.rounds(json["rounds"], reach),
            comparison: try Self.comparison(json["comparison"], reach))
    }

    private static func comparison(
        _ json: JSONValue?, _ reach: ProcessorList?
    ) throws(ProfilingError) -> Comparison? {
        guard let json, !json.isNull else { return nil }
        let numbers = ["low", "ratio", "high"].compactMap { json[$0]?.doubleValue }
        guard let options = json["options"], numbers.count == 3, numbers.allSatisfy({ $0.isFinite && $0 > 0 }),
            numbers == numbers.sorted(), let pairs = json["pairs"]?.intValue,
            (1...Interval.repetitionsMax).contains(pairs)
        else { throw .badMember("comparison", "options, low, ratio, high and pairs", json) }
        return Comparison(
            options: try TunedOptions(options, reach: reach),
            ratio: Interval(
                value: numbers[1], low: numbers[0], high: numbers[2], samples: pairs, method: .orderStatistics))
    }

    private static func rounds(_ json: JSONValue?, _ reach: ProcessorList?) throws(ProfilingError) -> [Round] {
        guard let rounds = json?.arrayValue, rounds.count <= roundsMax else {
            throw .badMember("rounds", "an array of at most \(roundsMax)", json)
        }
        var read: [Round] = []
        for round in rounds {
            guard let passes = round["passes"]?.intValue, let rows = round["configurations"]?.arrayValue,
                passes > 0, rows.count <= TuningSpace.candidatesMax
            else { throw .badMember("rounds", "passes and configurations", round) }
            var found: [Row] = []
            for row in rows { found.append(try Self.row(row, reach)) }
            read.append(Round(passes: passes, rows: found))
        }
        return read
    }

    private static func row(_ json: JSONValue, _ reach: ProcessorList?) throws(ProfilingError) -> Row {
        guard let options = json["options"], let ratio = json["ratio"]?.doubleValue, ratio.isFinite, ratio >= 0 else {
            throw .badMember("configurations", "options and ratio", json)
        }
        return Row(options: try TunedOptions(options, reach: reach), rates: TrialRates(json), ratio: ratio)
    }
}

extension ParseStrategy where Self == Date.ISO8601FormatStyle {
    /// Times as `Timestamp` writes them.
    fileprivate static var iso8601WithFractions: Date.ISO8601FormatStyle { .init(includingFractionalSeconds: true) }
}
