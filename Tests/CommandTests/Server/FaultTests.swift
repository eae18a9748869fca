import Foundation
import Testing

/// `terse serve` when something goes wrong around it.
@Suite(.enabled(if: Python.isPresent, Comment(rawValue: Python.interpreterAbsence))) struct FaultTests {
    /// Runs a script of `Fixtures` against a server; what it finds wrong it says and fails.
    private func check(_ script: String, _ server: ServerProcess) throws {
        let result = try Python.run([
            ServerProcess.script(script), "\(server.port)", "\(server.process.processIdentifier)",
        ])
        #expect(result.status == 0, "\(result.output)\n\(server.log.suffix(2000))")
    }

    /// A worker stands still under load: it is killed, and every answer is what it would have been.
    @Test func workersMayHang() throws {
        let server = try ServerProcess(["--hang-timeout", "5"])
        try check("hang.py", server)
        #expect(server.log.contains("worker hangs and is killed"))
        #expect(server.log.contains("worker did not answer"))
        #expect(server.end() == 0)
    }

    /// Open files that there must be at least for thousands of connections.
    private static let openFilesMin = 2048

    private static let openFilesMax: UInt = {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? limit.rlim_max : 0
    }()

    /// Thousands of connections that say nothing keep nobody else from being answered, and leave nothing behind.
    @Test(.enabled(if: openFilesMax >= openFilesMin, "the hard limit of open files is below 2048 (ulimit -Hn)"))
    func connectionsMayBeMany() throws {
        let server = try ServerProcess()
        try check("connections.py", server)
        #expect(server.end() == 0)
    }
}
