import TerseFormats
import TerseTensor

/// Takes a model's tensors from its file, each checked against the place it goes to.
struct WeightSource {
    let file: ModelFile
    /// Bytes of all tensors taken, as they are encoded.
    private(set) var encodedBytes = 0
    /// Bytes that lie in memory of this process rather than in the mapped file.
    private(set) var ownedBytes = 0

    /// The files that tensors were mapped from.
    private var files: [ObjectIdentifier: MappedFile] = [:]

    init(_ file: ModelFile) { self.file = file }

    /// Lets go of what was read of the files so far; what is read again comes back.
    func releasePages() {
        for file in files.values { file.releasePages() }
    }

    /// The matrix of this name with `rows` outputs of `columns` inputs.
    mutating func matrix(_ name: String, columns: Int, rows: Int) throws(ModelError) -> Tensor {
        guard let matrix = try optionalMatrix(name, columns: columns, rows: rows) else {
            throw missing(name, [columns, rows])
        }
        return matrix
    }

    mutating func optionalMatrix(_ name: String, columns: Int, rows: Int) throws(ModelError) -> Tensor? {
        guard let found = file[name] else { return nil }
        try check(found, shape: [columns, rows])
        guard found.type.isWeightType else {
            let known = ElementType.allCases.filter(\.isWeightType).map(\.name).joined(separator: ", ")
            throw ModelError(
                .typeMismatch, "\(file.path): tensor \(name): expected one of \(known), found \(found.type.name)")
        }
        let tensor = try load(found)
        guard tensor.scale.isFinite else {
            throw ModelError(
                .badConfiguration, "\(file.path): tensor \(name): expected a finite scale, found \(tensor.scale)")
        }
        count(found)
        return tensor
    }

    /// The vector of this name, a norm or a bias.
    mutating func vector(_ name: String, count: Int) throws(ModelError) -> FloatVector {
        guard let vector = try optionalVector(name, count: count) else { throw missing(name, [count]) }
        return vector
    }

    mutating func optionalVector(_ name: String, count: Int) throws(ModelError) -> FloatVector? {
        guard let found = file[name] else { return nil }
        try check(found, shape: [count])
        guard [.f32, .f16, .bf16].contains(found.type) else {
            throw ModelError(
                .typeMismatch, "\(file.path): tensor \(name): expected f32, f16 or bf16, found \(found.type.name)")
        }
        let vector = FloatVector(try load(found))
        encodedBytes += found.byteCount
        ownedBytes += vector.byteCount
        return vector
    }

    private mutating func load(_ found: ModelTensor) throws(ModelError) -> Tensor {
        do {
            let tensor = try found.load()
            if let file = tensor.bytes.file { files[ObjectIdentifier(file)] = file }
            return tensor
        } catch { throw ModelError(.file, error.message) }
    }

    private mutating func count(_ found: ModelTensor) {
        encodedBytes += found.byteCount
        if !found.isMapped { ownedBytes += found.byteCount }
    }

    /// Extents of one beyond those that count are as good as none: [2560, 1] is a vector of 2560.
    private func check(_ found: ModelTensor, shape: [Int]) throws(ModelError) {
        var extents = found.shape
        while extents.count > shape.count, extents.last == 1 { extents.removeLast() }
        guard extents == shape else {
            throw ModelError(
                .shapeMismatch, "\(file.path): tensor \(found.name): expected shape \(shape), found \(found.shape)")
        }
    }

    private func missing(_ name: String, _ shape: [Int]) -> ModelError {
        ModelError(.missingTensor, "\(file.path): tensor \(name) of shape \(shape) is missing")
    }
}
