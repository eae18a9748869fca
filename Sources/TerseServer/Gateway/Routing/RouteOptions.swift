import TerseOperations
import TerseRegistry

/// A name whose requests a router gives to one of several served models.
public struct RouteOptions: Sendable {
    /// What clients call it.
    public let name: String
    /// The profiles have the names of the served models.
    public var plan: RouterPlan
    /// The registered variants that the profiles are of, in their order.
    public let variants: [ModelReference]

    public init(name: String, plan: RouterPlan, variants: [ModelReference]) {
        (self.name, self.plan, self.variants) = (name, plan, variants)
    }

    /// Models of one route.
    public static let variantsMin = 2
    public static let variantsMax = 8
    public static let routesMax = 16
    /// Bytes of a route's name.
    public static let nameBytesMax = 64
    public static let judgeShareDefault = 0.01

    /// - Throws: `ServerError` for a name that is a model's, or a model that is not served.
    func check(models: [String]) throws(ServerError) {
        guard !models.contains(name) else {
            throw ServerError("route \(name): expected a name that is no model's, found that of a model")
        }
        guard let stranger = plan.profiles.first(where: { !models.contains($0.name) }) else { return }
        throw ServerError(
            "route \(name): expected served models (\(models.joined(separator: ", "))), found \(stranger.name)")
    }
}
