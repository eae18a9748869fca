/// How far a download is.
public struct DownloadProgress: Sendable, Equatable {
    /// What is being done.
    public enum Phase: Sendable, Equatable {
        /// Another process downloads the same file.
        case waiting
        /// What is on disk is being hashed.
        case verifying
        case downloading
        /// An attempt failed; the next one begins after the delay.
        case retrying(reason: String, delay: Duration)
    }

    public var phase: Phase
    /// Bytes on disk; while verifying, those hashed.
    public var receivedBytes: Int64
    /// nil while the server has not said.
    public var totalBytes: Int64?
}
