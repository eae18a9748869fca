import TerseJSON
import TerseOperations
import TerseProfiling

/// What clients waited for, and of what.
struct LoadReport {
    let test: LoadTest
    let result: LoadResult
    /// Of the process, at the end.
    let residentBytes: Int
    /// What counted of a tuning.
    let tuned: TunedOptions

    /// Those that deployments set limits to.
    private static let percentiles = DeploymentSpec.percentiles
    private static var times: [(title: String, name: String, path: KeyPath<LoadResult.Answer, Double>)] {
        [
            ("first token", "time_to_first_token_ms", \.timeToFirstToken),
            ("then a token in", "time_per_output_token_ms", \.timePerOutputToken),
        ]
    }

    /// Milliseconds.
    private func interval(_ percent: Int, _ path: KeyPath<LoadResult.Answer, Double>) -> Interval {
        result.percentile(percent, of: path).mapped { 1000 * $0 }
    }

    /// As programs read it, and records of deployments have it.
    var json: JSONValue {
        var object: JSONObject = [
            "streams": JSONValue(test.streams), "requests": JSONValue(test.requests),
            "prompt_tokens": JSONValue(test.promptTokens), "output_tokens": JSONValue(test.outputTokens),
            "tokens_per_second": .number(result.tokensPerSecond), "seconds": .number(result.seconds),
        ]
        for time in Self.times {
            let members = Self.percentiles.map { percent -> (String, JSONValue) in
                let interval = interval(percent, time.path)
                return (
                    "p\(percent)",
                    ["value": .number(interval.value), "low": .number(interval.low), "high": .number(interval.high)]
                )
            }
            object[time.name] = .object(JSONObject(members))
        }
        object["resident_bytes"] = JSONValue(residentBytes)
        object["tuned"] = tuned.json
        return .object(object)
    }

    /// A table of the times, in milliseconds, with their intervals.
    var text: String {
        var table = Table([("ms", .left)] + Self.percentiles.map { ("p\($0)", .right) })
        for time in Self.times {
            let cells = Self.percentiles.map { percent in
                let interval = interval(percent, time.path)
                return "\(Quantity.significant(interval.value)) (\(Quantity.significant(interval.low)) to "
                    + "\(Quantity.significant(interval.high)))"
            }
            table.add([time.title] + cells)
        }
        return "\(test.streams) clients, \(test.requests) requests of \(test.promptTokens) tokens, answers of "
            + "\(test.outputTokens): \(Quantity.significant(result.tokensPerSecond)) tokens/s, "
            + "\(Quantity.bytes(residentBytes)) resident\n" + table.text
    }
}
