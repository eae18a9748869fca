import Foundation
import TerseOperations

extension RoutingTrace {
    /// A larger file is not read.
    static let fileBytesMax = 1 << 30

    /// Reads a file, or standard input where `path` is `-`.
    /// - Throws: `CommandError` naming the file and, where it holds something else than a trace, line and member.
    static func read(_ path: String) throws -> RoutingTrace {
        let isStandardInput = path == TextInput.standardInput
        let name = TextInput.name(of: path)
        let data: Data
        do {
            let file = isStandardInput ? .standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            data = try file.read(upToCount: fileBytesMax + 1) ?? Data()
        } catch {
            throw CommandError("\(name): cannot read: \(SystemMessage.of(error))")
        }
        guard data.count <= fileBytesMax else {
            throw CommandError("\(name): expected at most \(fileBytesMax) bytes, found more")
        }
        do { return try RoutingTrace(data) } catch { throw CommandError("\(name): \(error.description.printable)") }
    }
}
