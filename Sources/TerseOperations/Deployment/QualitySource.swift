import TerseConfiguration

/// What a candidate's quality is measured on.
public struct QualitySource: Sendable, Equatable {
    /// Multiple choice.
    public struct Choice: Sendable, Equatable {
        public var task: String
        /// Its questions.
        public var file: String
    }

    /// A UTF-8 file.
    public var text: String?
    /// Windows of it; nil: all.
    public var windows: Int?
    /// The variant to compare with; nil: what is live, else the version's largest.
    public var parent: String?
    public var choice: Choice?

    public init() {}

    /// All files that it names.
    public var files: [String] { [text, choice?.file].compactMap { $0 } }

    /// Reads `text`, `windows`, `parent` and `choice`, which is `TASK=FILE`.
    /// - Throws: `ConfigurationError` with line and key.
    init(_ map: ConfigurationMap) throws(ConfigurationError) {
        text = try map.string("text")
        windows = try map.integer("windows", in: 2...1_000_000)
        parent = try map.string("parent")
        if let choice = try map.string("choice") {
            let parts = choice.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw map.error("choice", "expected TASK=FILE, found \(choice)") }
            self.choice = Choice(task: parts[0], file: parts[1])
        }
        try map.finish()
        guard text != nil || (windows == nil && parent == nil && choice == nil) else {
            throw map.error(windows != nil ? "windows" : parent != nil ? "parent" : "choice", "needs text beside it")
        }
    }
}
