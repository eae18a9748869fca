import Foundation
import TestSupport
import Testing

@testable import TerseTraining

/// A run that the machine has no room for is refused before it begins.
@Suite struct RunRequirementsTests {
    private let run = RunRequirements(
        checkpointBytes: 1 << 30, checkpointsKept: 2, stepsLeft: 1000, modelBytes: 1 << 20, memoryBytes: 5 << 30)

    @Test func diskIsCounted() throws {
        #expect(run.diskBytes > 3 << 30)
        try run.check("run", free: 4 << 30, memory: .max)
        try run.check("run", free: nil, memory: .max)
        let error = try #require(throws: TrainingError.self) { try run.check("run", free: 3 << 30, memory: .max) }
        #expect(error.code == .system && error.message.contains("run: the run needs \(run.diskBytes) bytes of disk"))
        #expect(error.message.contains("\(3 << 30) are free") && error.message.contains("checkpoints_kept"))
    }

    /// Checkpoints that are there will be replaced, but not before the next one is written.
    @Test func whatIsHeldIsNotNeededTwice() {
        var resumed = run
        resumed.heldBytes = [1 << 30]
        #expect(resumed.diskBytes == run.diskBytes - (1 << 30))
        // More than are kept now, and larger ones.
        resumed.heldBytes = [3 << 30, 3 << 30, 3 << 30, 3 << 30]
        #expect(resumed.diskBytes == run.diskBytes - (2 << 30))
        resumed.stepsLeft = 0
        #expect(resumed.diskBytes < 1 << 30)
    }

    @Test func noMoreCheckpointsThanSteps() {
        var short = run
        (short.checkpointsKept, short.stepsLeft) = (1000, 3)
        #expect(short.diskBytes < 4 << 30)
        (short.checkpointsKept, short.stepsLeft) = (.max - 1, .max)
        #expect(short.diskBytes == .max)
    }

    @Test func memoryIsCounted() throws {
        try run.check("run", free: nil, memory: 5 << 30)
        let error = try #require(throws: TrainingError.self) { try run.check("run", free: nil, memory: 4 << 30) }
        #expect(error.code == .system && error.message.contains("the machine has \(4 << 30)"))
        #expect(error.message.contains("windows_at_once"))
    }

    @Test func theMachineIsAsked() throws {
        let free = try #require(RunRequirements.freeBytes("/"))
        #expect(free > 0)
        #expect(RunRequirements.freeBytes("/nowhere/at all") == nil)
    }
}
