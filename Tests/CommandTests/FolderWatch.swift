import Foundation
import Testing

/// Remembers the files that appeared in a folder, also those that are gone again.
final class FolderWatch {
    private let descriptor: Int32

    init(_ folder: URL) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        try #require(descriptor >= 0)
        try #require(inotify_add_watch(descriptor, folder.path, UInt32(IN_CREATE)) >= 0)
    }

    deinit { close(descriptor) }

    /// How many files were created since the beginning or the last call.
    func createdCount() -> Int {
        var count = 0
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let length = read(descriptor, &bytes, bytes.count)
            guard length > 0 else { return count }
            var offset = 0
            while offset < length {
                // The name stands behind the event and has its own length.
                let event = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self) }
                offset += MemoryLayout<inotify_event>.size + Int(event.len)
                count += 1
            }
        }
    }
}
