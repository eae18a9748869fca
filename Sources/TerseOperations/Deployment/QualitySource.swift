import TerseConfiguration

/// What a candidate's quality is measured on.
public struct QualitySource: Sendable, Equatable, Codable {
    /// A UTF-8 file.
    public var text: String?
    /// Windows of it; nil: all.
    public var windows: Int?
    /// The variant to compare with; nil: the version's largest, or what is live.
    public var parent: String?
    /// `TASK=FILE`.
    public var choice: String?

    public init() {}

    /// Reads `text`, `windows`, `parent` and `choice`.
    /// - Throws: `ConfigurationError` with line and key.
    init(_ map: ConfigurationMap) throws(ConfigurationError) {
        text = try map.string("text")
        windows = try map.integer("windows", in: 2...1_000_000)
        parent = try map.string("parent")
        choice = try map.string("choice")
        try map.finish()
        guard text != nil || (windows == nil && parent == nil && choice == nil) else {
            throw map.error(windows != nil ? "windows" : parent != nil ? "parent" : "choice", "needs text beside it")
        }
    }
}
