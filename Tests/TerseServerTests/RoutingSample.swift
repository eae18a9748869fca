import Logging
import TerseOperations
import TerseRegistry

@testable import TerseServer

/// A route between a good variant and a fast one.
enum RoutingSample {
    static func profile(_ name: String, bits: Double, seconds: Double, context: Int = 1000) -> VariantProfile {
        VariantProfile(
            name: name, bitsPerByte: bits, promptTokensPerSecond: 1 / seconds,
            steps: [.init(streams: 1, seconds: seconds)], joulesPerPromptToken: seconds, joulesPerOutputToken: seconds,
            energyBasis: .estimated, memoryBytes: 1000, contextTokens: context)
    }

    /// Quality alone counts unless something else is said.
    static func options(
        _ policy: RoutingPolicy = RoutingPolicy(TradeOff(quality: 1)), contexts: [Int] = [1000, 2000]
    ) -> RouteOptions {
        let plan = RouterPlan(
            [
                profile("big", bits: 1.4, seconds: 0.01, context: contexts[0]),
                profile("small", bits: 1.6, seconds: 0.001, context: contexts[1]),
            ], policy)
        let variants = ["big", "small"].map { ModelReference(name: $0, selector: .version(1), variant: "f16") }
        return RouteOptions(name: "auto", plan: plan, variants: variants, host: "here", text: "a.txt")
    }

    static func desk(
        _ endpoints: [ModelEndpoint], _ options: RouteOptions = options(), judgeShare: Double = 0,
        power: PowerWatch? = nil
    ) throws -> RouteDesk {
        RouteDesk(
            options, endpoints, try TerseOperations.Router(options.plan), judgeShare: judgeShare,
            power: power, logger: logger)
    }

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Workers of both, which are ready.
    static func endpoints() -> [ModelEndpoint] {
        ["big", "small"].map { name in
            let slot = WorkerSlot(model: name, socket: "")
            slot.becameReady(version: "1")
            return ModelEndpoint(slot)
        }
    }

    static func features(tokens: Int = 10) -> RequestFeatures { RequestFeatures(texts: ["x"], promptTokens: tokens) }
}
