import CTerseKernels
import Foundation
import Testing

@testable import TerseTensor

@Suite struct ReadBandwidthTests {
    @Test func everyByteCounts() {
        let count = 4096
        let buffer = AlignedBuffer<UInt8>(count: count)
        let clean = terse_read_through(buffer.pointer, count)
        #expect(clean == 0)
        for index in 0..<count {
            buffer[index] = 1 << UInt8(index % 8)
            #expect(terse_read_through(buffer.pointer, count) != clean, "byte \(index) was not read")
            buffer[index] = 0
        }
    }

    /// Between a tenth of a gigabyte and what no memory gives: a sanity check of the unit.
    @Test func theFigureIsBytesPerSecond() throws {
        let measured = try ReadBandwidth.measure(team: ThreadTeam(threads: 2), bufferBytes: 64 << 20, rounds: 3)
        #expect(measured > 1e8 && measured < 1e13)
    }
}
