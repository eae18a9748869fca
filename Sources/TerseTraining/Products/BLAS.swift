import Foundation
import TerseTensor

/// OpenBLAS, opened when training first needs it, so that serving does not depend on it.
///
/// It runs on the caller's thread alone: `MatrixProducts` shares tiles of fixed shapes among the thread team instead, so
/// that the library's threads never compete with the team's and results do not depend on their number.
struct BLAS: Sendable {
    /// `cblas_sgemm`: order, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc.
    typealias SingleProduct =
        @convention(c) (
            CInt, CInt, CInt, CInt, CInt, CInt, Float, UnsafePointer<Float>, CInt, UnsafePointer<Float>, CInt, Float,
            UnsafeMutablePointer<Float>, CInt
        ) -> Void
    /// `cblas_dgemm`.
    typealias DoubleProduct =
        @convention(c) (
            CInt, CInt, CInt, CInt, CInt, CInt, Double, UnsafePointer<Double>, CInt, UnsafePointer<Double>, CInt,
            Double, UnsafeMutablePointer<Double>, CInt
        ) -> Void

    let singleProduct: SingleProduct
    let doubleProduct: DoubleProduct

    /// The library's name on Linux, where Debian's alternatives put it.
    static let libraryName = "libopenblas.so.0"

    /// The library of this process.
    /// - Throws: `TrainingError` (`system`), saying which package has it.
    static func shared() throws(TrainingError) -> BLAS { try loaded.get() }

    private static let loaded = Result { () throws(TrainingError) in try BLAS(opening: libraryName) }

    init(opening library: String) throws(TrainingError) {
        Self.setEnvironment()
        guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
            throw TrainingError(
                .system,
                "training needs OpenBLAS, and \(library) cannot be opened (\(reason)); "
                    + "on Debian: apt-get install libopenblas0-pthread")
        }
        guard let single = dlsym(handle, "cblas_sgemm"), let double = dlsym(handle, "cblas_dgemm") else {
            throw TrainingError(
                .system,
                "\(library) has no cblas_sgemm and cblas_dgemm; on Debian: apt-get install libopenblas0-pthread")
        }
        singleProduct = unsafeBitCast(single, to: SingleProduct.self)
        doubleProduct = unsafeBitCast(double, to: DoubleProduct.self)
    }

    /// The library reads these once, when it is opened.
    private static func setEnvironment() {
        setenv("OPENBLAS_NUM_THREADS", "1", 1)
        // Version 0.3.21 takes AVX2 kernels on processors newer than itself, at half the speed of these.
        if InstructionSet.avx512.isSupported { setenv("OPENBLAS_CORETYPE", "Cooperlake", 0) }
    }
}
