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

    public init() {}
}
