import TerseTensor

/// Writes any model that can be opened as GGUF, its weights in the types asked for.
///
/// One slab of one tensor is in memory at a time, and a tensor that its source computes.
public struct Converter {
    private let model: ModelFile
    private let options: ConversionOptions
    private let tensors: [ModelTensor]
    /// What will become of each tensor, before a byte is written.
    public let plan: ConversionReport

    /// - Throws: `FormatError` (`unsupported`) when a type asked for cannot be written.
    public init(_ model: ModelFile, options: ConversionOptions) throws(FormatError) {
        for type in [options.type, options.outputType, options.embeddingType].compactMap({ $0 }) {
            guard BlockCodec.canQuantize(to: type) else {
                throw FormatError(.unsupported, "\(model.path): weights cannot be converted to \(type.name)")
            }
        }
        self.model = model
        self.options = options
        tensors = model.tensors
        let rule = TypeRule(options: options, tiesEmbeddings: model["output.weight"] == nil)
        var rows: [ConversionReport.Row] = []
        for tensor in tensors {
            // What is made in memory alone must not get into files that llama.cpp is to read.
            let source = model.format == .huggingFace && tensor.type == .i2S ? .q4_0 : tensor.type
            let choice = rule.choice(name: tensor.name, shape: tensor.shape, source: source)
            let entry = GGUFWriter.Entry(name: tensor.name, type: choice.type, shape: tensor.shape)
            rows.append(
                ConversionReport.Row(
                    name: tensor.name, shape: tensor.shape, sourceType: tensor.type, type: choice.type,
                    fellBackFrom: choice.fellBackFrom, byteCount: try entry.byteCount(file: model.path)))
        }
        var notices = Self.notices(rows, tensors)
        if options.quantizesActivationsPerToken, !rows.contains(where: { $0.type.isTernary }) {
            notices.append("the result has no ternary matrix: how activations are rounded follows from its types alone")
        }
        if options.tokenizer == nil, model.tokenizerPath == nil, model.metadata["tokenizer.ggml.model"] == nil {
            notices.append("\(model.path): no tokenizer was found with the model; the result has none")
        }
        plan = ConversionReport(rows: rows, notices: notices)
    }

    /// Writes the result at `path`, where it appears when it is complete.
    ///
    /// - Parameters:
    ///   - team: the threads that encode.
    ///   - progress: called after each slab; false stops the conversion.
    /// - Returns: the plan with the paths of the files.
    /// - Throws: `FormatError`: what is wrong with the model, `system` when the disk fails, `cancelled`.
    public func write(
        to path: String, team: ThreadTeam, progress: (ConversionProgress) -> Bool = { _ in true }
    ) throws(FormatError) -> ConversionReport {
        var entries: [GGUFWriter.Entry] = []
        for (tensor, row) in zip(tensors, plan.rows) {
            entries.append(GGUFWriter.Entry(name: row.name, type: row.type, shape: row.shape))
            if keepsScale(tensor, row.type) {
                let name = try scaleName(of: row.name)
                entries.append(GGUFWriter.Entry(name: name, type: .f32, shape: [1]))
            }
        }
        let metadata = try ConversionMetadata(model: model, options: options, types: plan.rows.map(\.type)).metadata()
        let writer = try GGUFWriter(
            path: path, metadata: metadata, tensors: entries, shardBytesMax: options.shardBytesMax)
        var bytesDone = 0
        for (listed, row) in zip(tensors, plan.rows) {
            let tensor = try listed.load(team: team)
            try write(tensor, row.name, as: row.type, team: team, with: writer) { bytes throws(FormatError) in
                bytesDone += bytes
                let state = ConversionProgress(tensor: row.name, bytesDone: bytesDone, bytesTotal: plan.byteCount)
                guard progress(state) else { throw FormatError(.cancelled, "\(path): stopped") }
            }
            if keepsScale(listed, row.type) { try writer.writeScale(tensor.scale) }
        }
        var report = plan
        report.paths = try writer.finish()
        return report
    }

    private func write(
        _ tensor: Tensor, _ name: String, as type: ElementType, team: ThreadTeam, with writer: GGUFWriter,
        then advance: (Int) throws(FormatError) -> Void
    ) throws(FormatError) {
        if tensor.type == type, !(type == .f32 && tensor.scale != 1) {
            return try Self.copy(tensor, with: writer, then: advance)
        }
        let converter = RowConverter(
            tensor: tensor, target: type, appliesScale: type == .f32, team: team, what: "\(model.path): tensor \(name)")
        try converter.run { bytes throws(FormatError) in
            try writer.write(bytes)
            try advance(bytes.count)
        }
    }

    /// Whether the scale is written beside the weight: everywhere but in float32, whose elements take it, and in
    /// I2_S, which has a place for it.
    private func keepsScale(_ tensor: ModelTensor, _ type: ElementType) -> Bool {
        tensor.hasScale && type != .f32 && type != .i2S
    }

    private func scaleName(of name: String) throws(FormatError) -> String {
        guard let scale = ScaleName.scale(of: name) else {
            throw FormatError(
                .unsupported, "\(model.path): tensor \(name) has a scale, but its name does not end in .weight")
        }
        return scale
    }

    private static let copyBytes = 16 << 20

    private static func copy(
        _ tensor: Tensor, with writer: GGUFWriter, then advance: (Int) throws(FormatError) -> Void
    ) throws(FormatError) {
        let count = tensor.rows * tensor.rowBytes
        var offset = 0
        while offset < count {
            let end = min(count, offset + copyBytes)
            try writer.write(UnsafeRawBufferPointer(rebasing: tensor.bytes.buffer[offset..<end]))
            try advance(end - offset)
            offset = end
        }
        if tensor.type == .i2S { try writer.writeI2STrailer(tensor.scale) }
    }

    private static func notices(_ rows: [ConversionReport.Row], _ tensors: [ModelTensor]) -> [String] {
        var notices: [String] = []
        let again = zip(rows, tensors).filter { row, tensor in
            row.type != row.sourceType && row.sourceType.blockElements > 1 && !tensor.isTernary
        }.map(\.0)
        if let first = again.first {
            notices.append(
                "\(again.count) tensors were quantised before (\(first.name): \(first.sourceType.name)); "
                    + "converting them adds to the error they have")
        }
        let fallbacks = rows.compactMap(\.fallbackMessage)
        if !fallbacks.isEmpty {
            notices.append("\(fallbacks.count) of \(rows.count) tensors fell back to another type")
            notices += fallbacks
        }
        return notices
    }
}
