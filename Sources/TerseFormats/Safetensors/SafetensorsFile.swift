import TerseJSON
import TerseTensor

/// One safetensors file, mapped.
///
/// Checked as the format demands: a header within its limit, each key once, offsets that cover the data without gap or
/// overlap, each range as long as type and shape say. Source: https://github.com/huggingface/safetensors#format.
public struct SafetensorsFile: Sendable {
    /// Where it was read.
    public let path: String
    /// The strings under `__metadata__`.
    public let metadata: [String: String]
    /// In the order of their data.
    public let tensors: [SafetensorsTensor]

    /// The format's own limit on the header.
    public static let headerBytesMax = 100_000_000
    /// The deepest that a valid header nests is 3.
    static let headerDepthMax = 8
    static let dimensionsMax = 8

    /// Maps and checks the file at `path`. No tensor data is read.
    /// - Throws: `FormatError` naming the file, the tensor and both sides of the mismatch.
    public init(path: String) throws(FormatError) {
        try self.init(MappedFile.opening(path))
    }

    init(_ file: MappedFile) throws(FormatError) {
        path = file.path
        var cursor = ByteCursor(file.buffer, file: file.path)
        let headerBytes = try cursor.readCount(
            max: Self.headerBytesMax, itemBytesMin: 1, "the length of the safetensors header")
        let range = try cursor.skip(headerBytes, "the safetensors header")
        let header = try Self.parse(UnsafeRawBufferPointer(rebasing: file.buffer[range]), file: file.path)
        var entries: [Entry] = []
        var metadata: [String: String] = [:]
        for (key, value) in header.members {
            if key == "__metadata__" {
                metadata = try Self.metadata(value, file: file.path)
            } else {
                entries.append(try Entry(name: key, value, file: file.path))
            }
        }
        self.metadata = metadata
        tensors = try Self.tensors(entries, of: file, dataStart: cursor.offset)
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> JSONObject {
        guard bytes.first == UInt8(ascii: "{") else {
            throw FormatError(.invalid, "\(file): the safetensors header must start with {")
        }
        let limits = JSONLimits(
            maximumDepth: headerDepthMax, maximumBytes: headerBytesMax, duplicateKeys: .error)
        do {
            guard let object = try JSONValue.parse(bytes, limits: limits).objectValue else {
                throw FormatError(.invalid, "\(file): the safetensors header is no object")
            }
            return object
        } catch let error as JSONError {
            throw FormatError(.invalid, "\(file): safetensors header: \(error.message)")
        } catch let error as FormatError {
            throw error
        } catch {
            throw FormatError(.invalid, "\(file): safetensors header: \(error)")
        }
    }

    private static func metadata(_ value: JSONValue, file: String) throws(FormatError) -> [String: String] {
        guard let object = value.objectValue else {
            throw FormatError(.invalid, "\(file): __metadata__: expected an object, found \(value.kindName)")
        }
        var result: [String: String] = [:]
        for (key, value) in object.members {
            guard let text = value.stringValue else {
                throw FormatError(.invalid, "\(file): __metadata__.\(key): expected a string, found \(value.kindName)")
            }
            result[key] = text
        }
        return result
    }

    private static func tensors(
        _ entries: [Entry], of file: MappedFile, dataStart: Int
    ) throws(FormatError) -> [SafetensorsTensor] {
        let available = file.count - dataStart
        var end = 0
        var result: [SafetensorsTensor] = []
        result.reserveCapacity(entries.count)
        let ordered = entries.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
        for entry in ordered {
            guard entry.begin == end else {
                throw FormatError(
                    .invalid,
                    "\(file.path): tensor \(entry.name) starts at \(entry.begin) where \(end) was expected: "
                        + (entry.begin < end ? "tensors overlap" : "a hole in the data"))
            }
            guard entry.end <= available else {
                throw FormatError(
                    .truncated,
                    "\(file.path): tensor \(entry.name) ends at \(entry.end) of the data, which has \(available) bytes")
            }
            end = entry.end
            let bytes = file.bytes(dataStart + entry.begin..<dataStart + entry.end)
            result.append(SafetensorsTensor(name: entry.name, type: entry.type, shape: entry.shape, bytes: bytes))
        }
        guard end == available else {
            throw FormatError(
                .invalid, "\(file.path): the tensors cover \(end) bytes of the data, which has \(available)")
        }
        return result
    }
}

extension SafetensorsFile {
    /// A tensor as the header announces it.
    struct Entry {
        let name: String
        let type: SafetensorsType
        let shape: [Int]
        /// From the start of the data.
        let begin: Int
        let end: Int

        init(name: String, _ value: JSONValue, file: String) throws(FormatError) {
            let what = "\(file): tensor \(name)"
            self.name = name
            guard let spelling = value["dtype"]?.stringValue else {
                throw FormatError(.invalid, "\(what): dtype is missing")
            }
            guard let type = SafetensorsType(rawValue: spelling) else {
                throw FormatError(.unsupported, "\(what): type \(spelling.debugDescription) is not known")
            }
            self.type = type
            shape = try Self.integers(value["shape"], "\(what): shape")
            guard shape.count <= dimensionsMax else {
                throw FormatError(
                    .limitExceeded, "\(what) has \(shape.count) dimensions, the limit is \(dimensionsMax)")
            }
            let offsets = try Self.integers(value["data_offsets"], "\(what): data_offsets")
            guard offsets.count == 2, offsets[0] <= offsets[1] else {
                throw FormatError(.invalid, "\(what): data_offsets: expected a begin and an end, found \(offsets)")
            }
            (begin, end) = (offsets[0], offsets[1])
            var bytes = type.elementBytes
            for extent in shape {
                let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
                guard !overflow else { throw FormatError(.invalid, "\(what): shape \(shape) overflows") }
                bytes = product
            }
            guard bytes == end - begin else {
                throw FormatError(
                    .mismatch,
                    "\(what): \(type.rawValue) \(shape) takes \(bytes) bytes, data_offsets give \(end - begin)")
            }
        }

        private static func integers(_ value: JSONValue?, _ what: String) throws(FormatError) -> [Int] {
            guard let items = value?.arrayValue else {
                throw FormatError(.invalid, "\(what): expected an array, found \(value?.kindName ?? "nothing")")
            }
            var result: [Int] = []
            result.reserveCapacity(items.count)
            for item in items {
                guard case .integer(let number) = item, number >= 0 else {
                    throw FormatError(.invalid, "\(what): expected integers from 0, found \(item.serialized())")
                }
                result.append(Int(number))
            }
            return result
        }
    }
}
