import Foundation
import TerseModel

extension ParameterSet {
    /// Draws all weights anew: normal with a standard deviation of 0.02, the projections that add to the residual stream
    /// by 1 / √(2 · layers) narrower (GPT-2's rule), norms 1. Equal seeds give equal weights, and a tensor's numbers
    /// depend on the seed and its place in the layout alone.
    func initialize(seed: UInt64, deviation: Double = 0.02) {
        let narrowing = 1 / Double(max(2 * layout.layers.count, 1)).squareRoot()
        let addingToResidual = Set(layout.layers.flatMap { Array($0.output) + Array($0.down) })
        for (index, parameter) in layout.parameters.enumerated() {
            let target = weights.pointer + parameter.offset
            guard parameter.role != .norm else {
                target.update(repeating: 1, count: parameter.count)
                continue
            }
            var normal = NormalSource(RandomSource(seed: seed, stream: UInt64(index)))
            let width = addingToResidual.contains(index) ? deviation * narrowing : deviation
            for element in 0..<parameter.count { target[element] = Scalar(width * normal.next()) }
        }
        weightsChanged()
    }
}

/// Normally distributed numbers, by the method of Box and Muller.
struct NormalSource {
    private var random: RandomSource
    private var spare: Double?

    init(_ random: RandomSource) { self.random = random }

    mutating func next() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        // 1 − u is never 0.
        let radius = (-2 * log(1 - random.nextUniform())).squareRoot()
        let angle = 2 * Double.pi * random.nextUniform()
        spare = radius * sin(angle)
        return radius * cos(angle)
    }
}
