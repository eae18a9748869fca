import Foundation
import Synchronization

/// A real HTTP server on the loopback interface whose answers a test scripts, to the byte where it must.
///
/// Each connection has a thread of its own and brings one answer. What is held back waits for `release()`: tests never
/// depend on how fast anything goes.
public final class FileServer: Sendable {
    /// What was asked for.
    public struct Request: Sendable {
        public let path: String
        /// By name in lower case.
        public var headers: [String: String]
        /// How many requests came before this one.
        public let number: Int

        /// Of `Range: bytes=N-`.
        public var rangeStart: Int? {
            headers["range"].flatMap { $0.hasPrefix("bytes=") ? Int($0.dropFirst(6).dropLast()) : nil }
        }
    }

    /// Decides what is answered.
    public typealias Script = @Sendable (Request) -> Answer

    private let listener: Int32
    private let script: Script
    private let log = Mutex<[Request]>([])
    private let gate = Gate()
    private let hasStopped = Atomic<Bool>(false)
    public let port: Int

    public init(_ script: @escaping Script) throws {
        self.script = script
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard listener >= 0, isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else {
                    close(listener)
                    return
                }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    deinit { stop() }

    /// Refuses connections from now on, and ends answers that are held back.
    public func stop() {
        guard !hasStopped.exchange(true, ordering: .relaxed) else { return }
        shutdown(listener, Int32(SHUT_RDWR))  // Wakes the thread that accepts, which closes it.
        gate.close()
    }

    /// Lets the answers go on that are held back, and those to come.
    public func release() { gate.open() }

    /// Requests so far, in order.
    public var requests: [Request] { log.withLock { $0 } }

    /// The URL of a path.
    public func url(_ path: String, host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        let writer = SocketWriter(descriptor: connection, gate: gate)
        if answer(to: connection, writer) {
            // The reader closes first: with unread bytes in either direction a close here would cut the answer's end off.
            shutdown(connection, Int32(SHUT_WR))
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
        }
    }

    /// False when the connection is to be cut.
    private func answer(to connection: Int32, _ writer: SocketWriter) -> Bool {
        guard let head = FileServer.readHead(from: connection) else {
            return writer.send(Data("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8))
        }
        let request = log.withLock { requests in
            let request = Request(path: head.path, headers: head.headers, number: requests.count)
            requests.append(request)
            return request
        }
        return script(request).send(to: writer)
    }

    private static func readHead(from connection: Int32) -> (path: String, headers: [String: String])? {
        var received: [UInt8] = []
        var byte: UInt8 = 0
        while !received.suffix(4).elementsEqual([13, 10, 13, 10]) {
            let isTLS = received.first == 22  // A record of the handshake, which has no lines.
            guard recv(connection, &byte, 1, 0) == 1, received.count < 1 << 16, !isTLS else { return nil }
            received.append(byte)
        }
        let lines = String(decoding: received, as: UTF8.self).split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return (String(words[1]), headers)
    }
}

/// What held answers wait for.
final class Gate: Sendable {
    private enum State { case shut, open, closed }

    private let condition = NSCondition()
    private let state = Mutex(State.shut)

    func open() { set(.open) }

    func close() { set(.closed) }

    var isClosed: Bool { state.withLock { $0 == .closed } }

    /// Waits. False when the server has stopped.
    func pass() -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while state.withLock({ $0 == .shut }) { condition.wait() }
        return state.withLock { $0 == .open }
    }

    private func set(_ new: State) {
        condition.lock()
        defer { condition.unlock() }
        state.withLock { if $0 != .closed { $0 = new } }
        condition.broadcast()
    }
}

/// The server's end of a connection.
struct SocketWriter {
    let descriptor: Int32
    let gate: Gate

    /// False when the reader has gone.
    func send(_ bytes: some ContiguousBytes) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let sent = Foundation.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                if sent < 0, errno == EINTR { continue }
                guard sent > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[sent...])
            }
            return true
        }
    }
}
