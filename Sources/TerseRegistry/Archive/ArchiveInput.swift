import Foundation

/// The bytes of an archive, read once from the beginning: of a file or a pipe.
final class ArchiveInput {
    let path: String
    private let descriptor: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    private var rest = 0..<0
    /// The bytes taken.
    private(set) var offset: Int64 = 0

    init(path: String) throws(RegistryError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .ofSystem("cannot open", path) }
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
    }

    /// Takes `count` bytes, piece by piece.
    /// - Throws: `RegistryError` (`invalid`) when the archive ends before.
    func take(
        _ count: Int64, _ sink: (UnsafeRawBufferPointer) throws(RegistryError) -> Void
    ) throws(RegistryError) {
        var missing = count
        while missing > 0 {
            guard try fill() else {
                throw RegistryError(
                    .invalid, "\(path): truncated: it ends after \(offset) bytes, \(missing) more were to come")
            }
            let length = Int(min(Int64(rest.count), missing))
            let piece = UnsafeRawBufferPointer(rebasing: buffer[rest.prefix(length)])
            rest = (rest.lowerBound + length)..<rest.upperBound
            offset += Int64(length)
            missing -= Int64(length)
            try sink(piece)
        }
    }

    /// Takes a block of the archive.
    func block() throws(RegistryError) -> [UInt8] {
        var block: [UInt8] = []
        try take(Int64(TarHeader.blockBytes)) { bytes throws(RegistryError) in block.append(contentsOf: bytes) }
        return block
    }

    /// Whether nothing is left.
    func isAtEnd() throws(RegistryError) -> Bool { try !fill() }

    private func fill() throws(RegistryError) -> Bool {
        guard rest.isEmpty else { return true }
        while true {
            let length = read(descriptor, buffer.baseAddress, buffer.count)
            if length < 0, errno == EINTR { continue }
            guard length >= 0 else { throw .ofSystem("cannot read", path) }
            rest = 0..<length
            return length > 0
        }
    }
}
