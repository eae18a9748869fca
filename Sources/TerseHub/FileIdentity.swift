import Foundation

/// What tells whether a regular file is still the one that was read.
struct FileIdentity: Equatable {
    /// In bytes.
    let size: Int64
    private let device: UInt64
    private let inode: UInt64
    private let modifiedSeconds: Int64
    private let modifiedNanoseconds: Int64

    /// - Returns: nil when there is no regular file at `path`.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        size = Int64(status.st_size)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        modifiedSeconds = Int64(status.st_mtim.tv_sec)
        modifiedNanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}
