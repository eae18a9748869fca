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
        #expect(server.log.contains("worker did not tell of itself"))
        #expect(server.end() == 0)
    }
}
