import TerseOperations
import TerseRegistry

/// A name whose requests a router gives to one of several served models.
public struct RouteOptions: Sendable {
    /// What clients call it; no model has it.
    public let name: String
    /// The profiles have the names of the served models.
    public var plan: RouterPlan
    /// The registered variants that the profiles are of, in their order.
    public var variants: [ModelReference]
    /// The kind of host that the profiles are of, and the text.
    public let host: String
    public let text: String

    public init(name: String, plan: RouterPlan, variants: [ModelReference], host: String, text: String) {
        (self.name, self.plan, self.variants, self.host, self.text) = (name, plan, variants, host, text)
    }

    /// Models of one route.
    public static let variantsMin = 2
    public static let variantsMax = 8
    public static let routesMax = 16
    /// Bytes of a route's name.
    public static let nameBytesMax = 64
    public static let judgeShareDefault = 0.01
}
