import Foundation
import TerseOperations

/// What a route has learned, in a file, with what it was learned of.
struct SavedKnowledge: Codable, Equatable {
    let variants: [String]
    let profiles: [VariantProfile]
    let knowledge: RouterKnowledge

    /// A larger file is none of these.
    static let bytesMax = 16 << 20

    init(_ options: RouteOptions, _ knowledge: RouterKnowledge) {
        variants = options.variants.map(\.description)
        (profiles, self.knowledge) = (options.plan.profiles, knowledge)
    }

    /// Where a route's is, below the folder of a server's state.
    static func url(of route: String, in home: URL) -> URL {
        let name = route.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "route"
        return home.appending(path: "routing/\(name).json")
    }

    /// - Returns: nil where there is no file.
    /// - Throws: what is wrong with the file; `ServerError` for one that is of other variants, or of other profiles of them.
    static func read(_ url: URL, for options: RouteOptions) throws -> RouterKnowledge? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
        guard let size = attributes[.size] as? Int, size <= bytesMax else {
            throw ServerError("expected at most \(bytesMax) bytes, found \(attributes[.size] ?? "none")")
        }
        let saved = try JSONDecoder().decode(SavedKnowledge.self, from: Data(contentsOf: url))
        let variants = options.variants.map(\.description)
        guard saved.variants == variants else {
            throw ServerError("expected what was learned of \(variants), found of \(saved.variants)")
        }
        guard saved.profiles == options.plan.profiles else {
            throw ServerError("expected what was learned beside today's profiles, found beside others")
        }
        return saved.knowledge
    }

    /// Replaces the file as a whole.
    func write(_ url: URL) throws {
        let folder = url.deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try JSONEncoder().encode(self).write(to: url, options: .atomic)
    }
}
