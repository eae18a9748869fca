/// A file that is whole and in its place.
public struct DownloadedFile: Sendable, Equatable {
    public var path: String
    public var bytes: Int64
    /// In hexadecimal digits.
    public var sha256: String
    /// The hub's commit that it is from, when the hub said so.
    public var commit: String?
    /// Nothing had to be fetched.
    public var wasPresent: Bool
}
