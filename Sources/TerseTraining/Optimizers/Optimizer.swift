import TerseTensor

/// Moves the weights of a model along their gradients: AdamW, and Muon for the weights of linear layers where the settings
/// say so. What it remembers between steps is its `means` and `squares`, and the number of steps.
final class Optimizer<Scalar: TrainingScalar> {
    let settings: OptimizerSettings
    /// Running means of gradients, or Muon's momentum. [layout.count]
    let means: AlignedBuffer<Scalar>
    /// Running means of squared gradients; of no use to Muon. [layout.count]
    let squares: AlignedBuffer<Scalar>
    /// Steps made.
    var stepCount = 0

    private let parameters: ParameterSet<Scalar>
    private let team: ThreadTeam
    private let muon: Muon<Scalar>?

    /// What a step did.
    struct Report: Sendable, Equatable {
        /// The norm of all gradients together, before clipping.
        let gradientNorm: Double
        /// The learning rate of AdamW.
        let rate: Double
    }

    /// - Parameter precision: of Muon's products.
    /// - Throws: `TrainingError` (`system`) when there is no memory, or no OpenBLAS for Muon's products.
    init(
        _ parameters: ParameterSet<Scalar>, settings: OptimizerSettings, precision: ProductPrecision = .float32,
        team: ThreadTeam
    ) throws(TrainingError) {
        self.settings = settings
        self.parameters = parameters
        self.team = team
        do {
            means = try AlignedBuffer(count: parameters.layout.count)
            squares = try AlignedBuffer(count: parameters.layout.count)
        } catch { throw TrainingError(.system, "the optimiser's state: \(error.message)") }
        if case .muon(let muon) = settings.matrices {
            self.muon = try Muon(muon, parameters: parameters, precision: precision, team: team)
        } else {
            muon = nil
        }
    }

    /// Bytes of what is remembered between steps, and of scratch.
    /// Squares that are not kept are pages that nobody touches, which take no memory.
    var byteCount: Int {
        let kept = parameters.layout.parameters.filter(keepsSquares).reduce(0) { $0 + $1.count }
        return means.byteCount + kept * MemoryLayout<Scalar>.size + (muon?.byteCount ?? 0)
    }

    /// One step along the gradients, which are left as they are.
    /// - Parameters:
    ///   - rateFactor: on every learning rate, of the schedule.
    ///   - decayFactor: on every weight decay.
    /// - Throws: `TrainingError` (`notFinite`), naming the tensor whose gradient is not finite; no weight has changed.
    @discardableResult
    func step(rateFactor: Double = 1, decayFactor: Double = 1) throws(TrainingError) -> Report {
        let norm = try gradientNorm()
        let clip = norm > settings.clipNorm ? settings.clipNorm / (norm + 1e-6) : 1
        stepCount += 1
        for (index, parameter) in parameters.layout.parameters.enumerated() {
            if let muon, !keepsSquares(of: parameter) {
                muon.step(
                    parameter, index, momentum: means.pointer + parameter.offset, gradientFactor: clip,
                    rateFactor: rateFactor, decayFactor: decayFactor)
            } else {
                adamW(parameter, index, gradientFactor: clip, rateFactor: rateFactor, decayFactor: decayFactor)
            }
        }
        parameters.weightsChanged()
        return Report(gradientNorm: norm, rate: settings.rate * rateFactor)
    }

    /// Whether `squares` says anything of a parameter: not where Muon moves it.
    func keepsSquares(of parameter: Parameter) -> Bool { muon == nil || parameter.role != .projection }

    private func adamW(
        _ parameter: Parameter, _ index: Int, gradientFactor: Double, rateFactor: Double, decayFactor: Double
    ) {
        let decays = parameter.role == .projection || parameter.role == .head
        let step = TrainingMath<Scalar>.AdamStep(
            rate: settings.rate * rateFactor, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
            weightDecay: decays ? settings.weightDecay * decayFactor : 0, number: stepCount,
            gradientFactor: gradientFactor)
        TrainingMath.adamW(
            parameters.weights.pointer + parameter.offset, gradients: parameters.gradient(index),
            means: means.pointer + parameter.offset, squares: squares.pointer + parameter.offset,
            count: parameter.count, step, team: team)
    }

    /// The norm of all gradients together.
    private func gradientNorm() throws(TrainingError) -> Double {
        var sum = 0.0
        for (index, parameter) in parameters.layout.parameters.enumerated() {
            let part = TrainingMath.squareSum(parameters.gradient(index), count: parameter.count, team: team)
            guard part.isFinite else {
                throw TrainingError(
                    .notFinite, "the gradient of \(parameter.name) is not finite at step \(stepCount + 1)")
            }
            sum += part
        }
        return sum.squareRoot()
    }
}
