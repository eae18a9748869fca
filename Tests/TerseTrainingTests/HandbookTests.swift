import Foundation
import TestSupport
import Testing

@testable import TerseTraining

/// The tables of docs/training.md have the keys that recipes may have, and no others.
@Suite struct HandbookTests {
    private static let handbook = TestData.repository.appending(path: "docs/training.md")

    /// Keys by their part of the recipe, "" for the recipe itself: of each table whose first column is of keys.
    private static func documentedKeys() throws -> [String: Set<String>] {
        let text = String(decoding: try Data(contentsOf: handbook), as: UTF8.self)
        var (keys, part): ([String: Set<String>], String?) = ([:], nil)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                part = nil
                continue
            }
            let names = line.split(separator: "|")[0].split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }
                .map { String($0.element) }
            if line.hasPrefix("| key ") {
                part = names.first ?? ""
            } else if let part {
                keys[part, default: []].formUnion(names)
            }
        }
        return keys
    }

    /// What the reader says it knows where it meets a key that it does not.
    private static func knownKeys(_ part: String, in recipe: String) throws -> Set<String> {
        let stranger = "no_recipe_will_ever_have_this"
        let text =
            switch part {
            case "": recipe + "\(stranger): 1\n"
            case "optimizer.muon": recipe + "optimizer: {muon: {\(stranger): 1}}\n"
            case "model", "data", "training": recipe.replacing("\n\(part):\n", with: "\n\(part):\n  \(stranger): 1\n")
            case "distillation": recipe + "distillation: {teacher: t.gguf, \(stranger): 1}\n"
            default: recipe + "\(part): {\(stranger): 1}\n"
            }
        let error = try #require(throws: TrainingError.self) { try RecipeTests.open(text) }
        let list = try #require(error.message.components(separatedBy: "known are ").last)
        #expect(error.message.contains(stranger), "\(error.message)")
        return Set(list.components(separatedBy: ", "))
    }

    @Test func tablesHaveTheKeysOfRecipes() throws {
        let recipe = RecipeTests.text + "\n"
        var documented = try Self.documentedKeys()
        let parts = ["model", "data", "training", "optimizer", "schedule", "upkeep", "distillation"]
        #expect(documented.keys.sorted() == (parts + [""]).sorted())
        // Muon's stand in the table of the optimiser, with its name before them.
        let muon = documented["optimizer", default: []].filter { $0.hasPrefix("muon.") }
        documented["optimizer"]?.subtract(muon)
        documented["optimizer"]?.insert("muon")
        documented["optimizer.muon"] = Set(muon.map { String($0.dropFirst("muon.".count)) })
        documented[""]?.formUnion(parts)
        for (part, keys) in documented {
            let known = try Self.knownKeys(part, in: recipe)
            #expect(keys.symmetricDifference(known).isEmpty, "\(part): \(keys.symmetricDifference(known).sorted())")
        }
    }

    /// The recipe that the page begins with can be read, and so can those of the models that are shipped.
    @Test func recipesAreWhole() throws {
        let text = String(decoding: try Data(contentsOf: Self.handbook), as: UTF8.self)
        let example = try #require(text.components(separatedBy: "```yaml\n").dropFirst().first)
        let recipe = try RecipeTests.open(try #require(example.components(separatedBy: "```").first))
        #expect(recipe.shape.isTernary && recipe.optimizer == OptimizerSettings())
        let folder = TestData.repository.appending(path: "Models/novels").path
        let recipes = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        #expect(recipes.count >= 4)
        for name in recipes { _ = try TrainingRecipe.open(folder + "/" + name) }
    }
}
