import Testing

@testable import TerseTensor

@Suite struct InstructionSetTests {
    @Test func namesAreThoseOfTheEnvironmentVariable() {
        #expect(InstructionSet.allCases.map(\.name) == ["scalar", "avx2", "avx512", "neon"])
        #expect(InstructionSet.scalar.isSupported && InstructionSet.selected.isSupported)
    }

    @Test func anUnknownOrUnsupportedOneIsRefused() throws {
        try InstructionSet.checkEnvironment([:])
        try InstructionSet.checkEnvironment(["TERSE_ISA": ""])
        try InstructionSet.checkEnvironment(["TERSE_ISA": "scalar"])
        let unknown = #expect(throws: TensorError.self) { try InstructionSet.checkEnvironment(["TERSE_ISA": "sse9"]) }
        #expect(unknown?.message.contains("sse9") == true && unknown?.message.contains("scalar") == true)
        for other in InstructionSet.allCases where !other.isSupported {
            let error = #expect(throws: TensorError.self) {
                try InstructionSet.checkEnvironment(["TERSE_ISA": other.name])
            }
            #expect(error?.message.contains("not supported by this processor") == true)
        }
    }

    /// Once kernels are bound, a process keeps its instruction set.
    @Test func thePreferenceIsForTheBeginning() {
        #expect(InstructionSet.selected.prefer() && InstructionSet.standard.isSupported)
        for other in InstructionSet.allCases where other != .selected { #expect(!other.prefer()) }
    }
}
