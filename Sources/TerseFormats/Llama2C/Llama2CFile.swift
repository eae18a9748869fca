import Foundation
import TerseTensor

/// A llama2.c checkpoint under GGUF's names. Its rotation of adjacent pairs is GGUF's llama as it stands.
enum Llama2CFile {
    /// Whether a file without a magic number can be a version 0 checkpoint: its size must be exactly what its header says.
    static func matches(_ file: MappedFile) -> Bool {
        guard let header = try? Llama2CHeader(file), (try? tensors(file, header)) != nil else { return false }
        return true
    }

    /// - Parameter tokenizerPath: where its tokenizer is, if not in `tokenizer.bin` beside it.
    static func open(_ file: MappedFile, tokenizerPath: String?) throws(FormatError) -> ModelFile {
        let header = try Llama2CHeader(file)
        let beside = URL(fileURLWithPath: file.path).deletingLastPathComponent().appendingPathComponent("tokenizer.bin")
        let found = FileManager.default.fileExists(atPath: beside.path) ? beside.path : nil
        return try ModelFile(
            path: file.path, format: .llama2C, metadata: metadata(header, file.path), tensors: tensors(file, header),
            tokenizerPath: tokenizerPath ?? found)
    }

    private static func metadata(_ header: Llama2CHeader, _ path: String) -> Metadata {
        var metadata = Metadata(source: path)
        metadata["general.architecture"] = .string("llama")
        metadata["general.type"] = .string("model")
        let name = path.split(separator: "/").last.map(String.init) ?? path
        metadata["general.name"] = .string(name.hasSuffix(".bin") ? String(name.dropLast(4)) : name)
        let values = [
            ("block_count", header.layers), ("context_length", header.contextLength),
            ("embedding_length", header.dimension), ("feed_forward_length", header.hiddenDimension),
            ("attention.head_count", header.heads), ("attention.head_count_kv", header.kvHeads),
        ]
        for (key, value) in values { metadata["llama.\(key)"] = .uint32(UInt32(value)) }
        // run.c has these as constants.
        metadata["llama.rope.freq_base"] = .float32(10_000)
        metadata["llama.attention.layer_norm_rms_epsilon"] = .float32(1e-5)
        metadata["llama.vocab_size"] = .uint32(UInt32(header.vocabularySize))
        metadata["llama.rope.dimension_count"] = .uint32(UInt32(header.headDimension))
        return metadata
    }

    private static func tensors(_ file: MappedFile, _ header: Llama2CHeader) throws(FormatError) -> [ModelTensor] {
        var cursor = ByteCursor(file.buffer, file: file.path)
        _ = try cursor.skip(header.dataOffset, "the header")
        var result: [ModelTensor] = []
        for section in Llama2CLayout(header).sections {
            switch section {
            case .skipped(let floats): _ = try cursor.skip(floats * 4, "the rotary tables")
            case .tensor(let name, let shape, let isMatrix):
                if header.version == 2, isMatrix {
                    result.append(try quantized(name, shape, header.groupSize, &cursor, file))
                } else {
                    let range = try cursor.skip(shape.reduce(4, *), "tensor \(name)")
                    result.append(
                        ModelTensor(name: name, tensor: try tensor(name, shape, file.bytes(range), file.path)))
                }
            }
        }
        guard cursor.remaining == 0 else {
            throw FormatError(
                .invalid,
                "\(file.path): the weights that its header announces end at \(cursor.offset), the file has \(file.count) bytes"
            )
        }
        return result
    }

    private static func tensor(
        _ name: String, _ shape: [Int], _ bytes: TensorBytes, _ path: String
    ) throws(FormatError) -> Tensor {
        do { return try Tensor(type: .f32, shape: shape, bytes: bytes) } catch {
            throw FormatError(.invalid, "\(path): tensor \(name): \(error.message)")
        }
    }

    /// Int8 weights, then a float32 scale for each group of them. No GGUF type has float32 scales, so float32 weights
    /// are made of them when they are asked for.
    private static func quantized(
        _ name: String, _ shape: [Int], _ groupSize: Int, _ cursor: inout ByteCursor, _ file: MappedFile
    ) throws(FormatError) -> ModelTensor {
        let count = shape.reduce(1, *)
        guard count % groupSize == 0 else {
            throw FormatError(
                .mismatch, "\(file.path): tensor \(name): \(count) weights are no multiple of group_size \(groupSize)")
        }
        let weights = file.bytes(try cursor.skip(count, "tensor \(name)"))
        let scales = file.bytes(try cursor.skip(count / groupSize * 4, "the scales of tensor \(name)"))
        let path = file.path
        return ModelTensor(name: name, type: .f32, shape: shape) { _ throws(FormatError) in
            let bytes = TensorBytes(count: count * 4) { memory in
                for index in 0..<count {
                    let offset = index / groupSize * 4
                    let pattern = UInt32(
                        littleEndian: scales.buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                    let value = Float(Int8(bitPattern: weights.buffer[index])) * Float(bitPattern: pattern)
                    memory.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: index * 4, as: UInt32.self)
                }
            }
            return try tensor(name, shape, bytes, path)
        }
    }
}
