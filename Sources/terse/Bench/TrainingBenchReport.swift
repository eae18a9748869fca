import TerseJSON
import TerseProfiling
import TerseTensor
import TerseTraining

/// What `bench --training` measured, against the peak of the machine's matrix products.
struct TrainingBenchReport {
    /// The result with one number of threads.
    struct Group {
        let threads: Int
        let speed: TrainingSpeed
    }

    let name: String
    let groups: [Group]

    /// Least, middle and greatest of steps' times.
    private static func seconds(_ speed: TrainingSpeed) -> (min: Double, median: Double, max: Double) {
        (speed.stepSeconds.min() ?? 0, speed.medianStepSeconds, speed.stepSeconds.max() ?? 0)
    }

    /// An array with a member for each number of threads.
    var json: JSONValue {
        .array(
            groups.map { group in
                let (speed, tokens) = (group.speed, Double(group.speed.tokensPerStep))
                let seconds = Self.seconds(speed)
                return [
                    "test": "training",
                    "size": .integer(Int64(speed.tokensPerStep)),
                    "threads": .integer(Int64(group.threads)),
                    "tokens_per_second": [
                        "median": .number(tokens / seconds.median), "min": .number(tokens / seconds.max),
                        "max": .number(tokens / seconds.min),
                    ],
                    "step_seconds": .number(seconds.median),
                    "operations_per_step": .number(speed.operationsPerStep),
                    "peak_operations_per_second": .number(speed.peakOperationsPerSecond),
                    "utilization": .number(speed.utilization),
                    "memory_bytes": .integer(Int64(speed.memoryBytes)),
                ]
            })
    }

    /// Two lines on machine and model, then a table.
    var text: String {
        let peaks = groups.map { group in
            "\(Quantity.figures(group.speed.peakOperationsPerSecond / 1e9)) GFLOP/s with \(group.threads) threads"
        }
        var table = Table([
            ("test", .left), ("tokens/step", .right), ("threads", .right), ("tokens/s", .right), ("min", .right),
            ("max", .right), ("step", .right), ("of products", .right),
        ])
        for group in groups {
            let (speed, tokens) = (group.speed, Double(group.speed.tokensPerStep))
            let seconds = Self.seconds(speed)
            table.add([
                "training", "\(speed.tokensPerStep)", "\(group.threads)", Quantity.figures(tokens / seconds.median),
                Quantity.figures(tokens / seconds.max), Quantity.figures(tokens / seconds.min),
                Quantity.seconds(seconds.median), "\(Int((100 * speed.utilization).rounded())) %",
            ])
        }
        let (weights, memory) = (groups.first?.speed.weightCount ?? 0, groups.first?.speed.memoryBytes ?? 0)
        let precision = groups.first?.speed.precision ?? .float32
        return """
            \(HostDescription.current.processor), \(InstructionSet.selected.name); \(precision.rawValue) products reach \(peaks.joined(separator: ", "))
            \(name): \(Quantity.count(weights)) weights, \(Quantity.bytes(memory)) of memory

            \(table.text)
            """
    }
}
