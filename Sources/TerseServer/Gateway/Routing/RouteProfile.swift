import TerseJSON
import TerseOperations
import TerseRegistry

/// What a registered variant does on a kind of host, as a router needs it.
public struct RouteProfile: Sendable {
    public let profile: VariantProfile
    /// What its bits per byte are of: only those of the same stretches of one text can be compared.
    public let text: String

    /// Enough of a hash to tell a few texts apart.
    private static let hashCharacters = 16

    /// The newest profile that has all figures that are needed.
    /// - Parameters:
    ///   - name: what clients call the model.
    ///   - contextTokens: of a prompt and its answer together, as it is served.
    ///   - host: the kind of host.
    /// - Throws: `ServerError` saying what is missing, and which command makes it; `RegistryError`.
    public static func newest(
        of variant: ModelReference, name: String, contextTokens: Int, host: String, in registry: Registry
    ) throws -> RouteProfile {
        let all = try registry.profiles(of: variant).map(\.profile).filter { $0.host == host }
        guard !all.isEmpty else {
            throw ServerError(
                "\(name) is \(variant), of which there is no profile on hosts like this one: "
                    + "`terse profile \(variant) --text FILE` makes one")
        }
        // Of the newest.
        var problem = ""
        for recorded in all.reversed() {
            do throws(ServerError) {
                let profile = try VariantProfile(name: name, recorded, contextTokens: contextTokens)
                return RouteProfile(profile: profile, text: text(of: recorded))
            } catch {
                if problem.isEmpty { problem = error.message }
            }
        }
        throw ServerError(
            "the profile of \(variant): \(problem); `terse profile \(variant) --text FILE` makes a whole one")
    }

    private static func text(of profile: Profile) -> String {
        let conditions = try? JSONValue.parse(profile.conditions)
        let windows = conditions?["windows_max"]?.intValue.map { "\($0) windows" } ?? "all windows"
        let tokens = conditions?["window_tokens"]?.intValue.map { " of \($0) tokens" } ?? ""
        let hash = String((profile.textHash?.description ?? "unknown").prefix(hashCharacters))
        return "\(profile.textName ?? "no text") (SHA-256 \(hash), \(windows)\(tokens))"
    }
}
