import Foundation
import TerseConfiguration
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
        let models = try models(of: route)
        let (host, registry) = (HostDescription.current.kind, try Registry(home: HomeOption.standardDirectory))
        let recorded = try models.map { model, variant in
            let contextTokens = try model.contextTokens()
            do {
                return try RouteProfile.newest(
                    of: variant, name: model.name, contextTokens: contextTokens, host: host, in: registry)
            } catch let error as ServerError {
                throw self.error(route, error.message.printable)
            }
        }
        let variants = models.map(\.1)
        let text = try text(of: recorded, variants, route)
        let chosen = policies?.policies.policies(of: route.name) ?? (RoutingPolicy(.balanced), [:])
        var plan = RouterPlan(recorded.map(\.profile), chosen.0)
        (plan.tenantPolicies, plan.rollsBackOnDrift, plan.seed) = (chosen.1, rollsBackOnDrift, .random(in: 0 ... .max))
        do { try plan.check() } catch { throw self.error(route, "\(error)") }
        return RouteOptions(name: route.name, plan: plan, variants: variants, host: host, text: text)
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

    /// What the bits per byte of all of them are of.
    private func text(
        of profiles: [RouteProfile], _ variants: [ModelReference], _ route: NamedRoute
    ) throws -> String {
        let text = profiles[0].text
        guard let other = profiles.firstIndex(where: { $0.text != text }) else { return text }
        throw error(
            route,
            "expected profiles on one text, found \(variants[0]) on \(text.printable) and \(variants[other]) on "
                + "\(profiles[other].text.printable): `terse profile \(variants[other]) --text FILE` measures on the other's"
        )
    }
}
