import Foundation
import TerseHub
import TerseJSON

/// What a pull brought: one file, or the shards of a model in their order.
struct PulledFiles {
    var files: [DownloadedFile] = []

    /// The path to run: of a sharded model the first.
    var path: String { files.first?.path ?? "" }

    var json: JSONValue {
        [
            "path": .string(path),
            "bytes": .integer(files.reduce(0) { $0 + $1.bytes }),
            "files": .array(
                files.map { file in
                    [
                        "path": .string(file.path), "bytes": .integer(file.bytes), "sha256": .string(file.sha256),
                        "commit": file.commit.map { .string($0) } ?? .null, "was_present": .bool(file.wasPresent),
                    ]
                }),
        ]
    }
}
