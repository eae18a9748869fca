import TerseFormats
import TerseTensor

extension ModelFile {
    /// The type of most weights in the blocks' matrices, or of most weights where there are no blocks: what a variant is
    /// called by.
    var dominantType: ElementType {
        let matrices = tensors.filter { $0.shape.count > 1 }
        let blocks = matrices.filter { $0.name.hasPrefix("blk.") }
        var counts: [ElementType: Int] = [:]
        for tensor in blocks.isEmpty ? matrices : blocks {
            counts[tensor.type, default: 0] += tensor.shape.reduce(1, *)
        }
        return counts.max { ($0.value, $0.key.name) < ($1.value, $1.key.name) }?.key ?? .f32
    }
}
