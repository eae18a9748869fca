/// One of several products with the same inputs: its weights and where its outputs go.
public struct MatrixProduct {
    public let weights: WeightMatrix
    /// Output m of input row t goes to `output[t · rowStride + m]`.
    public let output: UnsafeMutablePointer<Float>
    public let rowStride: Int

    public init(_ weights: WeightMatrix, into output: UnsafeMutablePointer<Float>, rowStride: Int) {
        self.weights = weights
        self.output = output
        self.rowStride = rowStride
    }
}
