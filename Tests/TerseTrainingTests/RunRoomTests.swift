import Testing

@testable import TerseTraining

/// A run that the machine has no room for is refused before it begins.
@Suite struct RunRoomTests {
    private let room = RunRoom(
        checkpointBytes: 1 << 30, checkpointsKept: 2, heldBytes: 0, modelBytes: 1 << 20, memoryBytes: 5 << 30)

    @Test func diskIsCounted() throws {
        #expect(room.diskBytes > 3 << 30)
        try room.check("run", free: 4 << 30, memory: nil)
        let error = try #require(throws: TrainingError.self) { try room.check("run", free: 3 << 30, memory: nil) }
        #expect(error.code == .system && error.message.contains("run: the run needs \(room.diskBytes) bytes of disk"))
        #expect(error.message.contains("\(3 << 30) are free") && error.message.contains("checkpoints_kept"))
    }

    /// Checkpoints that are there already will be replaced.
    @Test func whatIsHeldIsNotNeededTwice() throws {
        var resumed = room
        resumed.heldBytes = 2 << 30
        #expect(resumed.diskBytes == room.diskBytes - (2 << 30))
        resumed.heldBytes = 50 << 30
        #expect(resumed.diskBytes >= 1 << 20)
    }

    @Test func memoryIsCounted() throws {
        try room.check("run", free: nil, memory: 5 << 30)
        let error = try #require(throws: TrainingError.self) { try room.check("run", free: nil, memory: 4 << 30) }
        #expect(error.code == .system && error.message.contains("the machine has \(4 << 30)"))
        #expect(error.message.contains("windows_at_once"))
    }

    @Test func numbersTooLargeForAnyDiskAreRefused() throws {
        var endless = room
        endless.checkpointsKept = .max - 1
        #expect(throws: TrainingError.self) { try endless.check("run", free: .max - 1, memory: nil) }
    }

    @Test func theMachineIsAsked() throws {
        let folder = try #require(RunRoom.freeBytes("/"))
        #expect(folder > 0 && RunRoom.memoryLimitBytes > 1 << 20)
        #expect(RunRoom.freeBytes("/nowhere/at all") == nil)
    }
}
