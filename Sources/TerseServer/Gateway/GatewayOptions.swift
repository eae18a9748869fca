import Foundation
import TerseRegistry

/// What a gateway serves and how.
public struct GatewayOptions: Sendable {
    /// A model and how its worker is started.
    public struct Model: Sendable {
        /// What clients call it.
        public let name: String
        /// The files of its weights.
        public let path: String
        /// The worker's options, but for its socket and the model's name.
        public let options: [String]
        /// The registered variant that these files are, if production pointed to it and its rollouts are to be carried out.
        public let live: ModelReference?
        /// What keeps a registered variant's files there for workers that are started again; of a live one given back when
        /// another becomes live.
        public let lease: Lease?
        /// What the deployment of the live one says of its engine, as a worker's options, those of the server counting more.
        public let engine: [String]

        public init(
            name: String, path: String, options: [String], live: ModelReference? = nil, lease: Lease? = nil,
            engine: [String] = []
        ) {
            (self.name, self.path, self.options) = (name, path, options)
            (self.live, self.lease, self.engine) = (live, lease, engine)
        }

        /// The worker's arguments for weights of these files; of an option that is there twice, the last counts.
        func arguments(path: String, engine: [String]) -> [String] { ["worker", path] + engine + options }
    }

    public var models: [Model] = []
    /// What keeps a registered draft model's files there for workers that are started again.
    public var draftLease: Lease?
    /// Names whose requests a router gives to one of several models.
    public var routes: [RouteOptions] = []
    /// Of the answers to routed requests that the best variant did not give, it judges so many.
    public var judgeShare = RouteOptions.judgeShareDefault
    /// What routes keep the host's power to; nil: they do not ask for it.
    public var power: PowerBudget?
    public var host = "127.0.0.1"
    /// 0: any that is free.
    public var port = 8080
    public var limits = ConnectionLimits()
    /// Who may come in; nobody named: everybody.
    public var keys: [APIKey] = []
    public var tls: TLSFiles?
    public var cache = CacheLimits()
    /// The folder of the registry that is shown and changed under `/api`, and of what routes have learned; nil: none.
    public var registryHome: URL?
    /// How many requests of each model are kept, in memory, to be repeated during rollouts; 0: none.
    public var recordedPromptsMax = 0
    /// How long a worker may give no answer, or make no step although it has requests, until it is taken to hang and started
    /// again: well above the longest step, which takes some seconds with models for which a machine is fast enough, but for the
    /// first, which may have to read all of a large file.
    public var hangTimeout = hangTimeoutDefault

    public static let recordedPromptsLimit = 10_000
    public static let hangTimeoutMin = Duration.seconds(5)
    public static let hangTimeoutDefault = Duration.seconds(600)

    public init() {}
}
