import Foundation
import TerseTensor

/// What packing came to.
struct PackedModel {
    /// Bytes of the matrices that were packed, before and after.
    var originalBytes = 0
    var byteCount = 0
    /// Bytes of them in memory of this process.
    var ownedBytes = 0
    /// Why they are not kept in a file, though they were to be.
    var problem: String?
}

/// Lays the ternary matrices of a model's layers out for the processor.
struct ModelPacker {
    private let packing: Packing

    init(_ packing: Packing) { self.packing = packing }

    /// Replaces the matrices that can be packed.
    func pack(_ layers: inout [LayerWeights]) -> PackedModel {
        var result = PackedModel()
        guard packing != .none else { return result }
        let places = layers.indices.flatMap { layer in LayerWeights.projections.map { (layer: layer, path: $0) } }
        let tensors: [(place: Int, tensor: Tensor)] = places.indices.compactMap { index in
            let place = places[index]
            guard case .rows(let tensor) = layers[place.layer][keyPath: place.path].weights,
                PackedMatrix.canHold(tensor)
            else { return nil }
            return (index, tensor)
        }
        guard !tensors.isEmpty else { return result }
        let (matrices, isOwned) = matrices(tensors.map(\.tensor), &result.problem)
        for (matrix, (index, tensor)) in zip(matrices, tensors) {
            guard let matrix else { continue }
            layers[places[index].layer][keyPath: places[index].path].weights = .packed(matrix)
            result.originalBytes += tensor.rows * tensor.rowBytes
            result.byteCount += matrix.byteCount
            if isOwned { result.ownedBytes += matrix.byteCount }
        }
        return result
    }

    private func matrices(
        _ tensors: [Tensor], _ problem: inout String?
    ) -> (matrices: [PackedMatrix?], isOwned: Bool) {
        let team = ThreadTeam()
        if case .kept(let directory) = packing, let file = PackedFile(directory, of: tensors) {
            do { return (try file.matrices(tensors, team: team), false) } catch { problem = error.message }
        }
        return (tensors.map { PackedMatrix($0, team: team) }, true)
    }
}
