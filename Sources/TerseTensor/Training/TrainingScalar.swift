import CTerseKernels

/// The numbers that training computes with: `Float`, or `Double` to judge gradients by central differences.
public protocol TrainingScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    /// The kernels for this type; the same for the life of the process.
    static var trainingKernels: TrainingKernels { get }
}

/// A table of C kernels for one element type.
public struct TrainingKernels: Sendable {
    let table: terse_training_kernels
}

extension Float: TrainingScalar {
    /// Those of the processor's best instruction set.
    public static var trainingKernels: TrainingKernels { floatKernels }
}

extension Double: TrainingScalar {
    /// Those for any processor.
    public static var trainingKernels: TrainingKernels { doubleKernels }
}

private let floatKernels = TrainingKernels(table: terse_training_kernels_for(terse_isa_selected()).pointee)
private let doubleKernels = TrainingKernels(table: terse_training_kernels_double().pointee)
