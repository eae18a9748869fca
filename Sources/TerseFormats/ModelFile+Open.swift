import Foundation
import TerseTensor

extension ModelFile {
    /// Opens a model of any format that is read here: a GGUF file or its first shard, a Hugging Face directory, a
    /// llama2.c checkpoint. Weights are mapped, not read.
    ///
    /// - Throws: `FormatError` naming the file, the tensor or key, and both sides of a mismatch.
    public static func open(_ path: String, options: Options = Options()) throws(FormatError) -> ModelFile {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw FormatError(.system, "\(path): no such file or directory")
        }
        if isDirectory.boolValue { return try openDirectory(path, options: options) }
        let file = try MappedFile.opening(path)
        guard file.count >= 4 else {
            throw FormatError(.truncated, "\(path): \(file.count) bytes are no model")
        }
        switch UInt32(littleEndian: file.buffer.loadUnaligned(as: UInt32.self)) {
        case GGUFReader.magic: return try openGGUF(path, options: options)
        case Llama2CHeader.magic: return try Llama2CFile.open(file, tokenizerPath: options.tokenizerPath)
        default: return try openUnmarked(file, options: options)
        }
    }

    private static func openDirectory(_ path: String, options: Options) throws(FormatError) -> ModelFile {
        guard FileManager.default.fileExists(atPath: "\(path)/config.json") else {
            throw FormatError(
                .missing, "\(path): a directory without config.json; name a GGUF file or a Hugging Face directory")
        }
        return try HuggingFaceDirectory.open(path, tokenizerPath: options.tokenizerPath)
    }

    /// A file that no magic number identifies.
    private static func openUnmarked(_ file: MappedFile, options: Options) throws(FormatError) -> ModelFile {
        let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
        if name.hasSuffix(".safetensors") || name.hasSuffix(".json") {
            throw FormatError(
                .unsupported, "\(file.path): part of a Hugging Face model; name the directory that holds config.json")
        }
        if name.hasSuffix(".gguf") {
            throw FormatError(.invalid, "\(file.path): not a GGUF file: it does not start with \"GGUF\"")
        }
        if name.hasSuffix(".bin") || Llama2CFile.matches(file) {
            return try Llama2CFile.open(file, tokenizerPath: options.tokenizerPath)
        }
        throw FormatError(
            .unsupported,
            "\(file.path): neither a GGUF file, nor a Hugging Face directory, nor a llama2.c checkpoint")
    }

    private static func openGGUF(_ path: String, options: Options) throws(FormatError) -> ModelFile {
        let shards = try GGUFShards(path: path, i2sOrder: options.i2sOrder)
        return try ModelFile(
            path: path, format: .gguf, metadata: shards.metadata,
            tensors: try foldingScales(shards.tensors, file: path), files: shards.paths,
            tokenizerPath: options.tokenizerPath)
    }

    /// Moves the value of each one-element `X.scale` into `X.weight`'s scale, which is what it multiplies.
    private static func foldingScales(_ tensors: [NamedTensor], file: String) throws(FormatError) -> [ModelTensor] {
        var scales: [String: Float] = [:]
        let names = Set(tensors.map(\.name))
        for named in tensors {
            guard let weight = ScaleName.weight(of: named.name), names.contains(weight), named.tensor.type == .f32,
                named.tensor.elementCount == 1
            else { continue }
            let pattern = named.tensor.bytes.buffer.loadUnaligned(as: UInt32.self)
            scales[weight] = Float(bitPattern: UInt32(littleEndian: pattern))
        }
        var result: [ModelTensor] = []
        result.reserveCapacity(tensors.count)
        for named in tensors {
            let tensor = named.tensor
            if let weight = ScaleName.weight(of: named.name), scales[weight] != nil { continue }
            guard let scale = scales[named.name] else {
                result.append(ModelTensor(name: named.name, tensor: tensor))
                continue
            }
            do {
                let scaled = try Tensor(
                    type: tensor.type, shape: tensor.shape, bytes: tensor.bytes, scale: tensor.scale * scale)
                result.append(ModelTensor(name: named.name, tensor: scaled))
            } catch { throw FormatError(.invalid, "\(file): tensor \(named.name): \(error.message)") }
        }
        return result
    }
}
