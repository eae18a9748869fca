import TerseEngine
import TerseJSON
import TerseProfiling
import TerseTensor

/// What `bench` measured, against the limit that the memory sets.
struct BenchReport {
    /// The results with one number of threads.
    struct Group {
        let threads: Int
        let readBandwidth: Double
        let results: [SpeedResult]
    }

    let modelName: String
    let weightBytes: Int
    let loadSeconds: Double
    let residentBytes: Int
    let groups: [Group]

    /// The part of the memory's read bandwidth that reading weights, keys and values took. Above 1 when the caches help:
    /// small models, prompts and many streams.
    static func fractionOfLimit(_ result: SpeedResult, _ group: Group) -> Double {
        result.bytesPerToken * result.median / group.readBandwidth
    }

    /// An array with a member for each test and number of threads.
    var json: JSONValue {
        .array(
            groups.flatMap { group in
                group.results.map { result in
                    [
                        "test": .string(result.test.kind.rawValue),
                        "size": .integer(Int64(result.test.size)),
                        "depth": .integer(Int64(result.test.depth)),
                        "threads": .integer(Int64(group.threads)),
                        "streams": .integer(Int64(result.test.streams)),
                        "tokens_per_second": [
                            "median": .number(result.median), "min": .number(result.min), "max": .number(result.max),
                        ],
                        "bytes_per_token": .number(result.bytesPerToken),
                        "read_bandwidth_bytes_per_second": .number(group.readBandwidth),
                        "fraction_of_limit": .number(Self.fractionOfLimit(result, group)),
                        "resident_bytes": .integer(Int64(residentBytes)),
                        "load_seconds": .number(loadSeconds),
                    ]
                }
            })
    }

    /// Two lines on machine and model, then a table.
    var text: String {
        let bandwidths = groups.map { "\(Quantity.bandwidth($0.readBandwidth)) with \($0.threads) threads" }
        var table = Table([
            ("test", .left), ("size", .right), ("depth", .right), ("streams", .right), ("threads", .right),
            ("tokens/s", .right), ("min", .right), ("max", .right), ("read/token", .right), ("of limit", .right),
        ])
        for group in groups {
            for result in group.results {
                table.add([
                    result.test.kind.rawValue, "\(result.test.size)", "\(result.test.depth)", "\(result.test.streams)",
                    "\(group.threads)", Quantity.figures(result.median), Quantity.figures(result.min),
                    Quantity.figures(result.max), Quantity.bytes(Int(result.bytesPerToken)),
                    "\(Int((100 * Self.fractionOfLimit(result, group)).rounded())) %",
                ])
            }
        }
        return """
            \(HostDescription.current.processor), \(InstructionSet.selected.name); memory reads \(bandwidths.joined(separator: ", "))
            \(modelName): weights \(Quantity.bytes(weightBytes)), ready in \(Quantity.seconds(loadSeconds)), \
            resident \(Quantity.bytes(residentBytes))

            \(table.text)
            """
    }
}
