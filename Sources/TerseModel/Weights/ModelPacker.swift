import Foundation
import TerseTensor

/// A matrix and the layout that it is to have.
struct LayoutPlan {
    let tensor: Tensor
    let layout: MatrixLayout
    var byteCount: Int { layout.byteCount(tensor) }
    var rarelyRead: Range<Int>? { layout.rarelyRead(tensor) }
}

/// What packing came to.
struct PackedModel {
    /// Bytes of the matrices that were laid out, before and after.
    var originalBytes = 0
    var byteCount = 0
    /// Bytes of them in memory of this process.
    var ownedBytes = 0
    /// Why they are not kept in a file, though they were to be.
    var problem: String?
}

/// Lays the matrices of a model out for the processor.
struct ModelPacker {
    let packing: Packing
    /// Whether the model quantises the inputs of ternary matrices by rows, as packed matrices take them.
    let packsTernary: Bool

    /// Replaces the matrices that can be laid out.
    func pack(_ layers: inout [LayerWeights], _ head: inout LayerWeights.Projection) -> PackedModel {
        var result = PackedModel()
        guard packing != .none else { return result }
        var places: [(layer: Int, path: WritableKeyPath<LayerWeights, LayerWeights.Projection>)] = []
        var plans: [LayoutPlan] = []
        for layer in layers.indices {
            for path in LayerWeights.projections {
                guard let plan = plan(of: layers[layer][keyPath: path]) else { continue }
                places.append((layer, path))
                plans.append(plan)
            }
        }
        if let plan = Self.plan(head, [.split, .tiled]) { plans.append(plan) }
        guard !plans.isEmpty else { return result }
        let (matrices, isOwned) = matrices(plans, &result.problem)
        for (index, (plan, matrix)) in zip(plans, matrices).enumerated() {
            guard let matrix else { continue }
            let isHead = index == places.count
            if isHead {
                head.weights = matrix
            } else {
                layers[places[index].layer][keyPath: places[index].path].weights = matrix
            }
            result.originalBytes += plan.tensor.rows * plan.tensor.rowBytes
            result.byteCount += matrix.byteCount
            if isOwned { result.ownedBytes += matrix.byteCount }
        }
        return result
    }

    /// In I2_S the type says that inputs are quantised by rows.
    private func plan(of projection: LayerWeights.Projection) -> LayoutPlan? {
        guard case .rows(let tensor) = projection.weights else { return nil }
        return Self.plan(projection, packsTernary || tensor.type == .i2S ? [.packed, .tiled] : [.tiled])
    }

    /// The first of some layouts that can hold the matrix.
    private static func plan(_ projection: LayerWeights.Projection, _ layouts: [MatrixLayout]) -> LayoutPlan? {
        guard case .rows(let tensor) = projection.weights else { return nil }
        return layouts.first { $0.canHold(tensor) }.map { LayoutPlan(tensor: tensor, layout: $0) }
    }

    private func matrices(
        _ plans: [LayoutPlan], _ problem: inout String?
    ) -> (matrices: [WeightMatrix?], isOwned: Bool) {
        if packing == .foreseen { return (plans.map { try? $0.layout.blank($0.tensor) }, false) }
        let team = ThreadTeam()
        if case .kept(let directory, let bytesMax) = packing {
            do throws(ModelError) {
                let store = PackedStore(directory: directory, bytesMax: bytesMax)
                return (try PackedFile(store, of: plans).matrices(plans, team: team), false)
            } catch { problem = error.message }
        }
        // Tiles compute the same as rows, only faster: no reason to hold a dense model in memory that it is mapped into.
        let isWorthMemory = packing == .inMemory
        return (
            plans.map { plan in
                guard isWorthMemory || plan.layout != .tiled else { return nil }
                do throws(TensorError) { return try plan.layout.matrix(plan.tensor, team: team) } catch {
                    problem = error.message
                    return nil
                }
            }, true
        )
    }
}
