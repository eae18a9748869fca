import Foundation

/// What a gateway serves and how.
public struct GatewayOptions: Sendable {
    /// A model and how its worker is started.
    public struct Model: Sendable {
        /// What clients call it.
        public let name: String
        /// The worker's arguments, but for its socket and the model's name.
        public let arguments: [String]

        public init(name: String, arguments: [String]) {
            self.name = name
            self.arguments = arguments
        }
    }

    public var models: [Model] = []
    public var host = "127.0.0.1"
    /// 0: any that is free.
    public var port = 8080
    public var limits = ConnectionLimits()
    /// Who may come in; nobody named: everybody.
    public var keys: [APIKey] = []
    public var tls: TLSFiles?
    public var cache = CacheLimits()
    /// The folder of the registry that is shown and changed under `/api`; nil: none.
    public var registryHome: URL?
    /// How long a worker may give no answer, or make no step although it has requests, until it is taken to hang and started
    /// again: well above the longest step, which takes some seconds with models for which a machine is fast enough, but for the
    /// first, which may have to read all of a large file.
    public var hangTimeout = hangTimeoutDefault

    public static let hangTimeoutMin = Duration.seconds(5)
    public static let hangTimeoutDefault = Duration.seconds(600)

    public init() {}
}
