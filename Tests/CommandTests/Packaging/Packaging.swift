import Foundation
import TerseJSON
import TestSupport
import Testing

/// How the Dockerfile, the unit of systemd and the manifest of Kubernetes start the server.
struct Packaging: CustomTestStringConvertible {
    /// The file, relative to the repository's root.
    let file: String
    /// Reads the command line out of the file.
    private let read: @Sendable (String) throws -> [String]

    var testDescription: String { file }

    static let all = [
        Packaging(file: "Dockerfile") { text in
            let entrypoint = try array(#/\nENTRYPOINT (\[.*\])/#, in: text)
            return entrypoint + (try array(#/\nCMD (\[.*\])/#, in: text))
        },
        Packaging(file: "Packaging/systemd/terse.service") { text in
            let line = try #require(text.firstMatch(of: #/\nExecStart=(.*)/#)).1
            let environment = try Self.text("Packaging/systemd/terse.env")
            let arguments = try #require(environment.firstMatch(of: #/\nTERSE_ARGUMENTS=(.*)/#)).1
            return line.replacing("$TERSE_ARGUMENTS", with: arguments).split(separator: " ").map(String.init)
        },
        Packaging(file: "Packaging/kubernetes/deployment.yaml") { text in
            let command = try array(#/ command: (\[[^\]]*serve[^\]]*\])/#, in: text)
            return command + (try array(#/ args: (\[[^\]]*\])/#, in: text))
        },
    ]

    /// The words of the command line, the program first.
    func words() throws -> [String] { try read(Self.text(file)) }

    /// What `terse` is given to run as packaged, but with a model and keys that are here, at a port that is free.
    func arguments(keys: String) throws -> [String] {
        var words = try words().dropFirst(2).map { $0 }
        for index in words.indices.dropLast() {
            switch words[index] {
            case "--model": words[index + 1] = "packaged=\(Stories.shipped)"
            case "--keys": words[index + 1] = keys
            default: break
            }
        }
        return words + ["--host", "127.0.0.1", "--port", "0"]
    }

    /// A file of the repository.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: TestData.repository.appending(path: path), encoding: .utf8)
    }

    /// The list of strings that the pattern finds, which is JSON in all these formats.
    private static func array(_ pattern: Regex<(Substring, Substring)>, in text: String) throws -> [String] {
        let match = try #require(text.firstMatch(of: pattern))
        return try #require(try JSONValue.parse(Array(match.1.utf8)).arrayValue).compactMap(\.stringValue)
    }
}
