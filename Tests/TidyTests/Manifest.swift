import Foundation
import Testing

/// The targets that Package.swift declares, read as text: the manifest is the architecture.
struct Manifest {
    struct Target {
        let name: String
        /// Of tests, or what they share.
        let isTest: Bool
        /// Targets of this package and modules of others, by name.
        let dependencies: Set<String>
    }

    let targets: [Target]

    init() throws {
        let text = try Repository.text(of: "Package.swift")
        let declaration =
            #/\.(target|executableTarget|testTarget)\(\s*name: "(\w+)"(?:,\s*dependencies: \[([^\]]*)\])?(,\s*path: "Tests\/)?/#
        targets = text.matches(of: declaration).map { match in
            let list = match.3.map(String.init) ?? ""
            let products = list.matches(of: #/\.product\(name: "(\w+)", package: "[^"]*"\)/#).map { String($0.1) }
            let plain = list.replacing(#/\.product\([^)]*\)/#, with: "").matches(of: #/"(\w+)"/#).map { String($0.1) }
            return Target(
                name: String(match.2), isTest: match.1 == "testTarget" || match.4 != nil,
                dependencies: Set(products + plain))
        }
        try #require(targets.count > 20, "Package.swift is written in a way that this reader does not understand")
    }

    subscript(name: String) -> Target? { targets.first { $0.name == name } }

    var rooms: [Target] { targets.filter { !$0.isTest } }
    var tests: [Target] { targets.filter(\.isTest) }
}
