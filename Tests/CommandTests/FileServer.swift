import Foundation
import Synchronization

/// A small HTTP server on the loopback interface that serves one file, in ranges where asked, as slowly as wished.
final class FileServer: Sendable {
    struct Request: Sendable {
        let method: String
        let path: String
        /// The first byte asked for by a `Range` header.
        let rangeStart: Int?
    }

    private let listener: Int32
    private let contents: Data
    private let bytesPerSecond: Int?
    private let log = Mutex<[Request]>([])
    /// `http://127.0.0.1:PORT`
    let base: String

    /// Requests so far, in order.
    var requests: [Request] { log.withLock { $0 } }

    private static let pieceBytes = 16 << 10

    /// - Parameter bytesPerSecond: how fast each response flows; nil as fast as can be.
    init(contents: Data, bytesPerSecond: Int? = nil) throws {
        self.contents = contents
        self.bytesPerSecond = bytesPerSecond
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard listener >= 0, bound else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        base = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    /// Refuses connections from now on.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        guard let request = read(from: connection) else { return }
        log.withLock { $0.append(request) }
        guard request.path.hasSuffix(".gguf") else {
            _ = send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", to: connection)
            return
        }
        let start = request.rangeStart ?? 0
        var head = "Accept-Ranges: bytes\r\nETag: \"one\"\r\nConnection: close\r\n"
        guard start < contents.count || contents.isEmpty else {
            head += "Content-Range: bytes */\(contents.count)\r\nContent-Length: 0\r\n\r\n"
            _ = send("HTTP/1.1 416 Range Not Satisfiable\r\n" + head, to: connection)
            return
        }
        head += "Content-Length: \(contents.count - start)\r\n"
        if request.rangeStart != nil {
            head = "HTTP/1.1 206 Partial Content\r\n" + head
            head += "Content-Range: bytes \(start)-\(contents.count - 1)/\(contents.count)\r\n\r\n"
        } else {
            head = "HTTP/1.1 200 OK\r\n" + head + "\r\n"
        }
        guard send(head, to: connection), request.method != "HEAD" else { return }
        sendBody(from: start, to: connection)
    }

    private func sendBody(from start: Int, to connection: Int32) {
        var offset = start
        while offset < contents.count {
            let end = min(offset + Self.pieceBytes, contents.count)
            let sent = contents[offset..<end].withUnsafeBytes { sendAll($0, to: connection) }
            guard sent else { return }
            if let bytesPerSecond { usleep(useconds_t(1_000_000 * (end - offset) / bytesPerSecond)) }
            offset = end
        }
    }

    private func read(from connection: Int32) -> Request? {
        var received: [UInt8] = []
        var byte: UInt8 = 0
        while !received.suffix(4).elementsEqual([13, 10, 13, 10]) {
            guard recv(connection, &byte, 1, 0) == 1, received.count < 1 << 16 else { return nil }
            received.append(byte)
        }
        let lines = String(decoding: received, as: UTF8.self).split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count == 3 else { return nil }
        let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
        let start = range.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0 != "-" }) }
        return Request(method: String(words[0]), path: String(words[1]), rangeStart: start)
    }

    private func send(_ text: String, to connection: Int32) -> Bool {
        Array(text.utf8).withUnsafeBytes { sendAll($0, to: connection) }
    }

    private func sendAll(_ bytes: UnsafeRawBufferPointer, to connection: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let sent = Foundation.send(connection, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            guard sent > 0 else { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest[sent...])
        }
        return true
    }
}
