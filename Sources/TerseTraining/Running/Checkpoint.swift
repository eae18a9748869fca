import Foundation
import TerseFormats
import TerseJSON
import TerseTensor
import TerseTokenizer

/// Everything that a run needs to go on as if it had never stopped: a safetensors file with the master weights and the
/// optimiser's state, and the run's position in its metadata.
struct Checkpoint {
    /// Where a run stands.
    struct Position: Sendable, Equatable {
        /// Steps that are complete.
        var step = 0
        /// Of `WindowOrder`.
        var epoch = 0
        var window = 0
        /// Time spent training.
        var seconds = 0.0
    }

    /// Numbers that change in training, by name.
    struct State {
        let name: String
        /// The contiguous dimension last.
        let shape: [Int]
        let values: UnsafeMutableBufferPointer<Float>
    }

    let path: String
    let position: Position
    let identity: RunIdentity
    /// The model's.
    let shape: ModelShape
    private let file: SafetensorsFile

    private static let prefix = "checkpoint-"
    private static let suffix = ".safetensors"
    /// Before the names of what the optimiser remembers of a weight.
    static let statePrefixes = ["mean.", "square."]

    /// Writes a checkpoint into `folder`, whole or not at all, then removes all but the newest `keeping`.
    /// - Parameter owner: keeps the memory of `states`.
    /// - Throws: `TrainingError` (`system`) when the disk is full or fails; what was there before stays.
    static func write(
        _ states: [State], of shape: ModelShape, owner: AnyObject, position: Position, identity: RunIdentity,
        folder: String, keeping: Int
    ) throws(TrainingError) {
        let digits = String(position.step)
        let name = prefix + String(repeating: "0", count: max(0, 9 - digits.count)) + digits + suffix
        let path = folder + "/" + name
        let tensors = states.map { state in
            let bytes = UnsafeRawBufferPointer(state.values)
            return SafetensorsTensor(
                name: state.name, type: .f32, shape: state.shape,
                bytes: TensorBytes(pointer: bytes.baseAddress!, count: bytes.count, owner: owner))
        }
        let metadata = [
            ("step", String(position.step)), ("epoch", String(position.epoch)), ("window", String(position.window)),
            ("seconds", String(position.seconds)), ("run", identity.text),
            ("shape", shape.json.serialized()),
        ]
        do { try SafetensorsWriter.write(tensors, metadata: metadata, to: path) } catch {
            throw TrainingError(.system, error.message)
        }
        for old in names(in: folder).dropLast(max(keeping, 1)) where old < name { unlink(folder + "/" + old) }
    }

    /// The newest checkpoint of `folder`, or nil where there is none.
    /// - Throws: `TrainingError` (`mismatch`) when it is damaged.
    static func newest(in folder: String) throws(TrainingError) -> Checkpoint? {
        guard let name = names(in: folder).last else { return nil }
        return try Checkpoint(path: folder + "/" + name)
    }

    /// The checkpoint that a path means: of a file so named, the newest of a folder; nil where the path is neither.
    /// - Throws: `TrainingError`: `system` when there is nothing, `mismatch` when it is damaged.
    static func at(_ path: String) throws(TrainingError) -> Checkpoint? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw TrainingError(.system, "\(path): no such file or directory")
        }
        if isFolder.boolValue { return try newest(in: path) }
        return path.hasSuffix(suffix) ? try Checkpoint(path: path) : nil
    }

    /// Bytes of each checkpoint in `folder`, oldest first.
    static func heldBytes(in folder: String) -> [Int] {
        names(in: folder).map { name in
            var status = stat()
            return stat(folder + "/" + name, &status) == 0 ? Int(status.st_size) : 0
        }
    }

    /// Names of the checkpoints in `folder`, oldest first.
    private static func names(in folder: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return all.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted()
    }

    /// - Throws: `TrainingError` (`mismatch`) naming the file and what is wrong with it.
    init(path: String) throws(TrainingError) {
        let file: SafetensorsFile
        do { file = try SafetensorsFile(path: path) } catch {
            throw TrainingError(.mismatch, "\(error.message); without this file a run goes on from the one before")
        }
        func number<Number: LosslessStringConvertible>(_ key: String) throws(TrainingError) -> Number {
            guard let value = file.metadata[key].flatMap(Number.init) else {
                throw TrainingError(
                    .mismatch, "\(path): metadata \(key): expected a number, found \(file.metadata[key] ?? "nothing")")
            }
            return value
        }
        var position = Position()
        position.step = try number("step")
        position.epoch = try number("epoch")
        position.window = try number("window")
        position.seconds = try number("seconds")
        guard position.step >= 0, position.epoch >= 0, position.window >= 0, position.seconds >= 0 else {
            throw TrainingError(.mismatch, "\(path): step, epoch, window and seconds must not be negative")
        }
        guard let identity = file.metadata["run"].flatMap(RunIdentity.init(text:)) else {
            throw TrainingError(.mismatch, "\(path): metadata run: does not say what run it is of")
        }
        let json = file.metadata["shape"].flatMap { try? JSONValue.parse(Array($0.utf8)) }
        guard let shape = json.flatMap(ModelShape.init) else {
            throw TrainingError(.mismatch, "\(path): metadata shape: does not say what model it is of")
        }
        self.file = file
        self.path = path
        self.position = position
        self.identity = identity
        self.shape = shape
    }

    /// - Throws: `TrainingError` (`mismatch`) naming the first key that is another than in the run which wrote this.
    func check(_ run: RunIdentity) throws(TrainingError) {
        guard let (key, here, there) = run.difference(from: identity) else { return }
        throw TrainingError(
            .mismatch,
            "\(path): is of another run: \(key): expected \(there ?? "none") as it began, found \(here ?? "none"); "
                + "a changed recipe or text needs a folder of its own")
    }

    /// - Throws: `TrainingError` (`mismatch`) when the model's tokens were those of another tokenizer.
    func check(_ definition: TokenizerDefinition) throws(TrainingError) {
        guard identity[RunIdentity.tokenizerKey] != String(definition.fingerprint) else { return }
        throw TrainingError(.mismatch, "\(path): was trained with another tokenizer than the recipe's")
    }

    /// Copies the numbers of the file over `states`.
    /// - Throws: `TrainingError` (`mismatch`) naming the first tensor that is missing, left over or of another shape,
    ///   or a number that is not finite; `states` are then as they were.
    func restore(_ states: [State]) throws(TrainingError) {
        var found: [String: SafetensorsTensor] = [:]
        for tensor in file.tensors { found[tensor.name] = tensor }
        for state in states {
            guard let tensor = found.removeValue(forKey: state.name) else {
                throw TrainingError(.mismatch, "\(path): tensor \(state.name) is missing")
            }
            guard tensor.type == .f32, tensor.shape == state.shape else {
                throw TrainingError(
                    .mismatch,
                    "\(path): tensor \(state.name): expected F32 \(state.shape), found \(tensor.type.rawValue) \(tensor.shape)"
                )
            }
            try checkFinite(tensor)
        }
        if let extra = found.keys.min() {
            throw TrainingError(.mismatch, "\(path): tensor \(extra) is not of this model and optimiser")
        }
        for tensor in file.tensors { found[tensor.name] = tensor }
        for state in states {
            guard let bytes = found[state.name]?.bytes.buffer else { continue }
            UnsafeMutableRawBufferPointer(state.values).copyMemory(from: bytes)
        }
    }

    /// The weights without the optimiser's state, as a model that knows no metadata.
    /// - Throws: `TrainingError` (`mismatch`) naming the tensor.
    func weights() throws(TrainingError) -> ModelFile {
        do {
            let tensors = try file.tensors.filter { tensor in
                !Self.statePrefixes.contains { tensor.name.hasPrefix($0) }
            }.map { ModelTensor(name: $0.name, tensor: try $0.tensor(file: path)) }
            return try ModelFile(path: path, format: .gguf, metadata: Metadata(source: path), tensors: tensors)
        } catch {
            throw TrainingError(error, at: path)
        }
    }

    private func checkFinite(_ tensor: SafetensorsTensor) throws(TrainingError) {
        let bytes = tensor.bytes.buffer
        for index in 0..<bytes.count / 4 {
            let value = bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
            guard value.isFinite else {
                throw TrainingError(.mismatch, "\(path): tensor \(tensor.name): element \(index) is \(value)")
            }
        }
    }
}
