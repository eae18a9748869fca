import TerseModel
import TerseTensor

@testable import TerseTraining

/// One layer in float64 with random inputs, and the comparison of its gradients with central differences of
/// Σ coefficient · output.
final class LayerBench {
    let work: Workspace<Double>
    private var random = RandomSource(seed: 11)

    init(_ shape: ModelShape, plan: ArenaPlan, rows: Int) throws {
        let team = ThreadTeam(threads: 2)
        work = Workspace(
            arena: try Arena(plan), parameters: try ParameterSet(ParameterLayout(shape), isTernary: false),
            products: try MatrixProducts(team: team), team: team, rows: rows)
        for index in 0..<work.parameters.weights.count {
            work.parameters.weights[index] = 0.6 * random.nextUniform() - 0.3
        }
        for index in 0..<work.parameters.layout.parameters.count
        where work.parameters.layout.parameters[index].role == .norm {
            let norm = work.parameters.weights.pointer + work.parameters.layout.parameters[index].offset
            for element in 0..<work.parameters.layout.parameters[index].count { norm[element] += 1 }
        }
    }

    /// Fills a region with numbers in ±`size`.
    func fill(_ region: Region, _ size: Double = 1) {
        for index in 0..<region.count { work.arena[region][index] = size * (2 * random.nextUniform() - 1) }
    }

    func values(_ region: Region) -> [Double] {
        Array(UnsafeBufferPointer(start: work.arena[region], count: region.count))
    }

    /// The gradient of the parameter at `index`, and of those that follow it, `count` elements.
    func gradient(_ index: Int, count: Int) -> [Double] {
        Array(UnsafeBufferPointer(start: work.parameters.gradient(index), count: count))
    }

    func weights(_ index: Int) -> UnsafeMutablePointer<Double> {
        work.parameters.weights.pointer + work.parameters.layout.parameters[index].offset
    }

    /// Σ of the products of two regions.
    func product(_ a: Region, _ b: Region) -> Double {
        zip(values(a), values(b)).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The greatest error of `gradient` against central differences of `loss` over elements of `x`, relative to the
    /// gradient's element or to a hundredth of its root mean square, whichever is greater.
    func error(
        of gradient: [Double], by x: UnsafeMutablePointer<Double>, samples: Int = 48, loss: () throws -> Double
    ) rethrows -> Double {
        let size = (gradient.reduce(0) { $0 + $1 * $1 } / Double(gradient.count)).squareRoot()
        var worst = 0.0
        for sample in 0..<min(samples, gradient.count) {
            let index = samples < gradient.count ? Int(random.next() % UInt64(gradient.count)) : sample
            let (value, step) = (x[index], 2e-5)
            x[index] = value + step
            let above = try loss()
            x[index] = value - step
            let below = try loss()
            x[index] = value
            let difference = (above - below) / (2 * step)
            worst = max(worst, abs(difference - gradient[index]) / max(abs(gradient[index]), size / 100))
        }
        return worst
    }
}
