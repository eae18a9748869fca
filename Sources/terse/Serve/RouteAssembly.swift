import Foundation
import TerseConfiguration
import TerseJSON
import TerseModel
import TerseOperations
import TerseProfiling
import TerseRegistry
import TerseServer

/// Puts together what routes need: served models, their newest profiles on this host, and policies.
struct RouteAssembly {
    /// A model as it is served.
    struct Served {
        let name: String
        /// Its files, as they were named on the command line.
        let argument: String
        /// What it is in the registry.
        let variant: ModelReference?
        /// Of a prompt and its answer together.
        let contextTokens: () throws -> Int
    }

    /// Policies, and the file that they are of.
    struct Policies {
        let file: String
        let policies: RoutingPolicies

        /// - Throws: `ConfigurationError`; `CommandError` for a policy that nobody would go by.
        init(_ file: String, routes: [String]) throws {
            (self.file, policies) = (file, try RoutingPolicies(ConfigurationFile.open(file)))
            guard let idle = policies.idlePolicy(routes: routes) else { return }
            throw CommandError(
                "\(file.printable): policies: \(idle.name.printable): tenants: expected some, or a route's name as the "
                    + "policy's, since \(policies.policies[0].name.printable) is everybody else's, found neither")
        }
    }

    let served: [Served]
    let policies: Policies?
    var rollsBackOnDrift = false

    /// - Throws: `CommandError` saying what is missing, and which command makes it.
    func options(_ route: NamedRoute) throws -> RouteOptions {
        let parts = try models(of: route).map { model, variant in
            let (profile, found) = try profile(of: model, variant, route)
            return (variant, profile, found)
        }
        try checkTexts(parts.map { ($0.0, $0.1) }, route)
        let chosen = policies?.policies.policies(of: route.name) ?? (RoutingPolicy(.balanced), [:])
        var plan = RouterPlan(parts.map(\.2), chosen.0)
        (plan.tenantPolicies, plan.rollsBackOnDrift, plan.seed) = (chosen.1, rollsBackOnDrift, .random(in: 0 ... .max))
        do { try plan.check() } catch { throw self.error(route, "\(error)") }
        return RouteOptions(name: route.name, plan: plan, variants: parts.map(\.0))
    }

    private func error(_ route: NamedRoute, _ message: String) -> CommandError {
        CommandError("--route \(route.name.printable): \(message)")
    }

    /// The models that it chooses between, all of which are served and registered.
    private func models(of route: NamedRoute) throws -> [(Served, ModelReference)] {
        let names = served.map(\.name)
        guard !names.contains(route.name) else {
            throw error(route, "expected a name that is no model's, found that of a model")
        }
        let models = try route.models.map { name in
            guard let model = served.first(where: { $0.name == name }) else {
                throw error(
                    route, "expected served models (\(names.joined(separator: ", "))), found \(name.printable)")
            }
            return model
        }
        return try models.map { model in
            guard let variant = model.variant else {
                throw error(
                    route,
                    "expected registered models, whose profiles say what they do here; \(model.name.printable) is the file "
                        + "\(model.argument.printable): `terse models add NAME FILE` registers it, "
                        + "`terse profile NAME --text FILE` measures it")
            }
            return (model, variant)
        }
    }

    /// The newest profile of a model's variant on hosts like this one that has all that a route needs, and what it says.
    private func profile(
        of model: Served, _ variant: ModelReference, _ route: NamedRoute
    ) throws -> (Profile, VariantProfile) {
        let host = HostDescription.current.kind
        let all = try Registry(home: HomeOption.standardDirectory).profiles(of: variant).map(\.profile)
            .filter { $0.host == host }
        guard !all.isEmpty else {
            throw error(
                route,
                "\(model.name.printable) is \(variant), of which there is no profile on hosts like this one: "
                    + "`terse profile \(variant) --text FILE` makes one")
        }
        let contextTokens = try model.contextTokens()
        // Of the newest.
        var problem = ""
        for profile in all.reversed() {
            do throws(ServerError) {
                return (profile, try VariantProfile(name: model.name, profile, contextTokens: contextTokens))
            } catch {
                if problem.isEmpty { problem = error.message }
            }
        }
        throw error(
            route, "the profile of \(variant): \(problem); `terse profile \(variant) --text FILE` makes a whole one")
    }

    /// Bits per byte can be compared where they are of the same stretches of one text.
    private func checkTexts(_ profiles: [(variant: ModelReference, profile: Profile)], _ route: NamedRoute) throws {
        let texts = profiles.map { (variant: $0.variant, text: Self.text(of: $0.profile)) }
        guard let first = texts.first, let other = texts.first(where: { $0.text != first.text }) else { return }
        throw error(
            route,
            "expected profiles on one text, found \(first.variant) on \(first.text) and \(other.variant) on "
                + "\(other.text): `terse profile \(other.variant) --text FILE` measures on the other's")
    }

    private static func text(of profile: Profile) -> String {
        let conditions = try? JSONValue.parse(profile.conditions)
        let windows = conditions?["windows_max"]?.intValue.map { "\($0) windows" } ?? "all windows"
        let tokens = conditions?["window_tokens"]?.intValue.map { " of \($0) tokens" } ?? ""
        let hash = String((profile.textHash?.description ?? "unknown").prefix(hashCharacters))
        return "\((profile.textName ?? "no text").printable) (SHA-256 \(hash), \(windows)\(tokens))"
    }

    /// Enough of a hash to tell a few texts apart.
    private static let hashCharacters = 16
}
