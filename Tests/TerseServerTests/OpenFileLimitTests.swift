import Foundation
import Testing

@testable import TerseServer

/// Connections for which there are files.
@Suite struct OpenFileLimitTests {
    @Test(arguments: [(1024, 448), (128, 1), (0, 1), (8320, 4096), (1 << 20, 4096), (Int.max, 4096)])
    func filesBoundConnections(files: Int, connections: Int) {
        #expect(OpenFileLimit.connections(4096, files: files) == connections)
    }

    /// What has been raised stays, and cannot be raised further.
    @Test func theLimitIsRaised() {
        let files = OpenFileLimit.raise()
        #expect(files > 0)
        #expect(OpenFileLimit.raise() == files)
    }
}
