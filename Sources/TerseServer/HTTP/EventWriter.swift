import Hummingbird
import NIOCore
import TerseJSON

/// Writes a stream of server-sent events.
struct EventWriter {
    private var writer: any ResponseBodyWriter

    init(_ writer: any ResponseBodyWriter) { self.writer = writer }

    static let contentType = "text/event-stream; charset=utf-8"
    static let doneEvent = "data: [DONE]\n\n"

    /// Writes an event, with what the gateway is to know before it.
    mutating func write(_ json: JSONValue, note: StreamNote? = nil) async throws {
        var buffer = ByteBuffer()
        if let note { buffer.writeString(note.line) }
        buffer.writeString("data: ")
        buffer.writeString(json.serialized())
        buffer.writeString("\n\n")
        try await writer.write(buffer)
    }

    /// Writes text that is events already.
    mutating func write(_ text: String) async throws { try await writer.write(ByteBuffer(string: text)) }

    mutating func write(_ buffer: ByteBuffer) async throws { try await writer.write(buffer) }

    /// Ends the stream.
    consuming func finish() async throws { try await writer.finish(nil) }
}
