import Foundation
import TestSupport
import Testing

/// What a process inherits of its parent's signals.
@Suite struct SignalMaskTests {
    /// A parent that blocked the signals, as runners of jobs do, can end the program all the same.
    @Test func blockedSignalsAreHeard() throws {
        let (input, errors) = (try makePipe(), try makePipe())
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        for signal in [SIGINT, SIGTERM] { sigaddset(&mask, signal) }
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.read, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, errors.write, 2)
        let program: String = Program.url.path
        var arguments = [program, "chat", Stories.shipped].map { (text: String) in strdup(text) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        try #require(posix_spawn(&child, program, &actions, &attributes, &arguments, environ) == 0)
        close(input.read)
        close(errors.write)
        defer { close(errors.read) }
        var said: [UInt8] = []
        var byte: UInt8 = 0
        while !said.ends(with: "> ".utf8), read(errors.read, &byte, 1) == 1 { said.append(byte) }
        #expect(said.ends(with: "> ".utf8), "\(String(decoding: said, as: UTF8.self))")
        kill(child, SIGTERM)
        // Its input stays open, so that nothing else ends it.
        var status: Int32 = 0
        let deadline = Date(timeIntervalSinceNow: Program.timeoutSeconds)
        while waitpid(child, &status, WNOHANG) == 0 {
            if Date() > deadline { kill(child, SIGKILL) }
            usleep(10_000)
        }
        close(input.write)
        #expect(status & 0x7F == 0 && (status >> 8) & 0xFF == 128 + SIGTERM, "status \(status)")
    }

    private func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

extension [UInt8] {
    fileprivate func ends(with suffix: String.UTF8View) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}
