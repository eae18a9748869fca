import TerseTensor

/// The tensors of a Hugging Face checkpoint under their GGUF names, each mapped as it stands or computed on demand.
struct HuggingFaceTensors {
    let configuration: HuggingFaceConfiguration
    private let items: [HuggingFaceWeights.Item]
    /// `weight_scale` tensors by the name of the weight they belong to.
    private let scales: [String: HuggingFaceWeights.Item]

    init(configuration: HuggingFaceConfiguration, weights: HuggingFaceWeights) {
        self.configuration = configuration
        var items: [HuggingFaceWeights.Item] = []
        var scales: [String: HuggingFaceWeights.Item] = [:]
        for item in weights.items {
            if item.tensor.name.hasSuffix(".weight_scale") {
                scales[String(item.tensor.name.dropLast("_scale".count))] = item
            } else {
                items.append(item)
            }
        }
        self.items = items
        self.scales = scales
    }

    func modelTensors() throws(FormatError) -> [ModelTensor] {
        var result: [ModelTensor] = []
        var unused = scales
        if let divisors = ropeDivisors() { result.append(divisors) }
        for item in items where !HuggingFaceTensorName.isIgnored(item.tensor.name) {
            guard let name = HuggingFaceTensorName(item.tensor.name) else {
                throw FormatError(
                    .unsupported,
                    "\(item.file): tensor \(item.tensor.name): a \(configuration.architecture.rawValue) model has none such"
                )
            }
            unused[item.tensor.name] = nil
            if name.role == .output, configuration.tiesEmbeddings { continue }
            result.append(try modelTensor(item, name))
        }
        if let (name, scale) = unused.min(by: { $0.key < $1.key }) {
            throw FormatError(
                .missing, "\(scale.file): tensor \(scale.tensor.name) is there, \(name), which it scales, is not")
        }
        return result.sorted { Self.order($0.name) < Self.order($1.name) }
    }

    /// Embedding first, then blocks in order, then what follows them; within a block as it was.
    private static func order(_ name: String) -> Int {
        if name.hasPrefix("token_embd") { return -2 }
        if name.hasPrefix("rope_freqs") { return -1 }
        guard name.hasPrefix("blk."), let layer = Int(name.dropFirst(4).prefix { $0 != "." }) else { return Int.max }
        return layer
    }

    private func ropeDivisors() -> ModelTensor? {
        guard let divisors = configuration.rope.frequencyDivisors(headDimension: configuration.headDimension) else {
            return nil
        }
        let bytes = TensorBytes(count: divisors.count * 4) { memory in
            for (index, value) in divisors.enumerated() {
                memory.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: index * 4, as: UInt32.self)
            }
        }
        guard let tensor = try? Tensor(type: .f32, shape: [divisors.count], bytes: bytes) else { return nil }
        return ModelTensor(name: "rope_freqs.weight", tensor: tensor)
    }

    private func modelTensor(
        _ item: HuggingFaceWeights.Item, _ name: HuggingFaceTensorName
    ) throws(FormatError) -> ModelTensor {
        let rowOrder = try rowOrder(item, name)
        if let quantization = configuration.quantization, name.isLinearWeight {
            let weight = TernaryWeight(
                item: item, scale: scales[item.tensor.name], scaleRule: quantization.scaleRule, rowOrder: rowOrder)
            let (type, shape) = try weight.encoding()
            return ModelTensor(name: name.gguf, type: type, shape: shape, isTernary: true) {
                team throws(FormatError) in try weight.load(team)
            }
        }
        guard scales[item.tensor.name] == nil else {
            throw FormatError(
                .unsupported,
                "\(item.file): tensor \(item.tensor.name) has a weight_scale, but is no linear layer of a BitNet model"
            )
        }
        let tensor = try item.tensor.tensor(file: item.file)
        guard [.f32, .f16, .bf16].contains(tensor.type) else {
            throw FormatError(
                .unsupported,
                "\(item.file): tensor \(item.tensor.name): expected F32, F16 or BF16, found \(item.tensor.type.rawValue)"
            )
        }
        if tensor.shape.count <= 1, tensor.type != .f32 {  // GGUF keeps norms and biases in float32
            return ModelTensor(name: name.gguf, type: .f32, shape: tensor.shape) {
                _ throws(FormatError) in Self.widened(rowOrder?.apply(to: tensor) ?? tensor)
            }
        }
        guard let rowOrder else { return ModelTensor(name: name.gguf, tensor: tensor) }
        return ModelTensor(name: name.gguf, type: tensor.type, shape: tensor.shape) {
            _ throws(FormatError) in rowOrder.apply(to: tensor)
        }
    }

    /// How the rows of llama's query and key projections are reordered; nil when they stay.
    private func rowOrder(
        _ item: HuggingFaceWeights.Item, _ name: HuggingFaceTensorName
    ) throws(FormatError) -> RotaryRowOrder? {
        guard configuration.architecture == .llama, name.role == .query || name.role == .key else { return nil }
        let heads = name.role == .query ? configuration.heads : configuration.kvHeads
        let packed = item.tensor.type == .u8 ? TernaryWeight.rowsPerByte : 1
        let (rows, overflow) = (item.tensor.shape.first ?? 0).multipliedReportingOverflow(by: packed)
        guard !overflow, rows == heads * configuration.headDimension else {
            throw FormatError(
                .mismatch,
                "\(item.file): tensor \(item.tensor.name): expected \(heads) heads of \(configuration.headDimension) rows, "
                    + "found shape \(item.tensor.shape)")
        }
        return RotaryRowOrder(heads: heads, headDimension: configuration.headDimension)
    }

    private static func widened(_ tensor: Tensor) -> Tensor {
        let bytes = TensorBytes(count: tensor.elementCount * MemoryLayout<Float>.size) { memory in
            let pointer = tensor.bytes.pointer
            TernaryReader.forEach(tensor.type, pointer, first: 0, count: tensor.elementCount) { index, value in
                memory.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: index * 4, as: UInt32.self)
            }
        }
        return (try? Tensor(type: .f32, shape: tensor.shape, bytes: bytes)) ?? tensor
    }
}
