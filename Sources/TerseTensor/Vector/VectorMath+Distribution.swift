import CTerseKernels
import Foundation

/// Maxima, softmax and its kin.
extension VectorMath {
    /// The greatest of `count` elements, not-a-numbers passed over; −infinity when there is none.
    public static func maximum(_ x: UnsafePointer<Float>, count: Int) -> Float {
        kernels.maximum(x, count)
    }

    /// The first index of the greatest element, not-a-numbers passed over; 0 when there is none.
    public static func argmax(_ x: UnsafePointer<Float>, count: Int) -> Int {
        let index = terse_find(x, count, kernels.maximum(x, count))
        return index < count ? index : 0
    }

    /// `x = exp(x − max) / Σ exp(x − max)`.
    public static func softmax(_ x: UnsafeMutablePointer<Float>, count: Int) {
        let sum = kernels.exponentials(x, kernels.maximum(x, count), count)
        kernels.scale(x, Float(1 / sum), count)
    }

    /// `log Σ exp(x)`: what a logit falls short of its logarithmic probability by.
    public static func logSumExp(_ x: UnsafePointer<Float>, count: Int) -> Double {
        let shift = kernels.maximum(x, count)
        return Double(shift) + log(kernels.exponential_sum(x, shift, count))
    }
}
