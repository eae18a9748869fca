import TerseFormats
import TerseModel
import TerseTensor
import TerseTokenizer

/// What `inspect` finds out about a model file.
struct Inspection {
    /// The tensors of one element type, together.
    struct TypeTotal {
        let type: ElementType
        var tensors = 0
        var elements = 0
        var bytes = 0
    }

    let file: ModelFile
    let tokenizer: TokenizerDefinition?
    /// In the order of bytes, most first.
    let types: [TypeTotal]
    /// Nil for a file without tensors: a vocabulary alone.
    let configuration: ModelConfiguration?
    /// What running the model with `sequence` takes; nil as `configuration`.
    let memory: MemoryPlan?

    /// - Throws: What is wrong with the file, by the rooms that would run it.
    init(_ file: ModelFile, sequence: SequenceOptions, threads: Int?) throws {
        self.file = file
        if file.tensors.isEmpty {
            (configuration, memory) = (nil, nil)
        } else {
            let model = try Model(file, packing: .foreseen)
            configuration = model.configuration
            memory = try MemoryPlan(
                model, sequence.runnerOptions, threads: threads ?? ProcessorBudget.current.threads)
        }
        tokenizer = try file.tokenizerDefinition()
        var totals: [ElementType: TypeTotal] = [:]
        for tensor in file.tensors {
            var total = totals[tensor.type] ?? TypeTotal(type: tensor.type)
            total.tensors += 1
            total.elements += tensor.elementCount
            total.bytes += tensor.byteCount
            totals[tensor.type] = total
        }
        types = totals.values.sorted { ($0.bytes, $1.type.rawValue) > ($1.bytes, $0.type.rawValue) }
    }

    var architecture: String { file.metadata["general.architecture"]?.stringValue ?? "unknown" }
    var name: String? { file.metadata["general.name"]?.stringValue }
    var parameters: Int { types.reduce(0) { $0 + $1.elements } }
    var tensorBytes: Int { types.reduce(0) { $0 + $1.bytes } }
    /// Over all tensors, norms and embeddings among them; nil without tensors.
    var bitsPerWeight: Double? { parameters > 0 ? 8 * Double(tensorBytes) / Double(parameters) : nil }
}
