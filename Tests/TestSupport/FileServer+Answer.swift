import Foundation

extension FileServer {
    /// What the server sends, well-made or not.
    public struct Answer: Sendable {
        public var status = 200
        public var headers: [(String, String)] = []
        public var body: [UInt8] = []
        /// Sent in place of status and headers, as it stands.
        public var rawHead: String?
        /// Closes the connection after so many bytes of the body, as soon as `cutsWhen` says that they were taken: of what
        /// lies in buffers then, a reader may drop a part.
        public var cutAfter: Int?
        public var cutsWhen: @Sendable () -> Bool = { true }
        /// Waits for `release()` after so many bytes of the body.
        public var holdAfter: Int?
        /// Waits for `release()` before the head.
        public var holdsHead = false
        /// How the end of the body is told.
        public var framing = Framing.length
        /// Sends the body again and again until the reader has gone.
        public var isEndless = false

        public enum Framing: Sendable { case length, chunked, close }

        public init(
            status: Int = 200, headers: [(String, String)] = [], body: [UInt8] = [], framing: Framing = .length
        ) {
            self.status = status
            self.headers = headers
            self.body = body
            self.framing = framing
        }

        public init(rawHead: String, body: [UInt8] = []) {
            self.rawHead = rawHead
            self.body = body
            framing = .close
        }

        /// True when everything was sent; false when the reader has gone or the connection is to be cut.
        func send(to writer: SocketWriter) -> Bool {
            if holdsHead, !writer.gate.pass() { return false }
            guard writer.send(Data((rawHead ?? head).utf8)) else { return false }
            repeat {
                guard sendBody(to: writer) else { return false }
            } while isEndless
            return framing != .chunked || writer.send(Data("0\r\n\r\n".utf8))
        }

        private var head: String {
            var lines = ["HTTP/1.1 \(status) Some reason", "Connection: close"]
            lines += headers.map { "\($0.0): \($0.1)" }
            switch framing {
            case .length where !headers.contains { $0.0 == "Content-Length" }:
                lines.append("Content-Length: \(body.count)")
            case .chunked: lines.append("Transfer-Encoding: chunked")
            default: break
            }
            return lines.joined(separator: "\r\n") + "\r\n\r\n"
        }

        private func sendBody(to writer: SocketWriter) -> Bool {
            let pieceBytes = 64 << 10
            var sent = 0
            while sent < body.count {
                var end = min(sent + pieceBytes, body.count)
                for stop in [cutAfter, holdAfter] {
                    if let stop, sent < stop { end = min(end, stop) }
                }
                var piece = Data(body[sent..<end])
                if framing == .chunked {
                    piece = Data("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Data("\r\n".utf8)
                }
                guard writer.send(piece) else { return false }
                sent = end
                if sent == cutAfter {
                    while !cutsWhen(), !writer.gate.isClosed { usleep(5000) }
                    return false
                }
                if sent == holdAfter, !writer.gate.pass() { return false }
            }
            return true
        }
    }

    /// An answer as a well-made server of one version of a file gives it.
    public static func serve(
        _ bytes: [UInt8], etag: String? = "\"v1\"", to request: Request, ignoresRange: Bool = false
    ) -> Answer {
        var headers = etag.map { [("ETag", $0)] } ?? []
        guard !ignoresRange, let start = request.rangeStart, request.headers["if-range"].map({ $0 == etag }) ?? true
        else {
            return Answer(headers: headers, body: bytes)
        }
        guard start < bytes.count else {
            return Answer(status: 416, headers: headers + [("Content-Range", "bytes */\(bytes.count)")])
        }
        headers.append(("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"))
        return Answer(status: 206, headers: headers, body: Array(bytes[start...]))
    }
}
