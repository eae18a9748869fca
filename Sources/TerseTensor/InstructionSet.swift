import CTerseKernels
import Foundation

/// The instruction sets that kernels are written for.
public enum InstructionSet: UInt32, Sendable, CaseIterable {
    case scalar = 0
    case avx2 = 1
    case avx512 = 2
    case neon = 3

    /// The environment variable that forces one.
    public static let environmentVariable = "TERSE_ISA"

    /// The spelling used in `TERSE_ISA` and in reports.
    public var name: String { String(cString: terse_isa_name(terse_isa(rawValue))) }

    /// Whether this processor and operating system can run its kernels.
    public var isSupported: Bool { terse_isa_supported(terse_isa(rawValue)) }

    /// The one that `TERSE_ISA` asks for, else the best there is.
    public static var standard: InstructionSet { InstructionSet(rawValue: terse_isa_standard().rawValue) ?? .scalar }

    /// Makes this the one that every kernel of this process uses, unless one was selected before: call it before anything is
    /// computed.
    /// - Returns: whether it is the selected one now.
    public func prefer() -> Bool { terse_isa_prefer(terse_isa(rawValue)) }

    /// The one that every kernel of this process uses; whoever asks first settles it.
    public static var selected: InstructionSet { InstructionSet(rawValue: terse_isa_selected().rawValue) ?? .scalar }

    /// Checks what `TERSE_ISA` asks for, which kernels would otherwise pass over in silence.
    ///
    /// - Throws: `TensorError` (`unsupportedType`) when it names no instruction set, or one that this machine lacks.
    public static func checkEnvironment(_ environment: [String: String] = ProcessInfo.processInfo.environment)
        throws(TensorError)
    {
        guard let asked = environment[environmentVariable], !asked.isEmpty else { return }
        let supported = allCases.filter(\.isSupported).map(\.name).joined(separator: ", ")
        guard let match = allCases.first(where: { $0.name == asked }) else {
            throw TensorError(
                .unsupportedType,
                "\(environmentVariable)=\(asked) names no instruction set; expected one of \(supported), or leave it unset"
            )
        }
        guard match.isSupported else {
            throw TensorError(
                .unsupportedType,
                "\(environmentVariable)=\(asked) is not supported by this processor; it supports \(supported)")
        }
    }
}
