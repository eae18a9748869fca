import Foundation
import Yams

/// Reads a YAML file whose every key must be known.
public enum ConfigurationFile {
    /// A larger file is no configuration.
    public static let bytesMax = 1 << 20

    /// The mapping that the file at `path` holds.
    /// - Throws: `ConfigurationError` when the file cannot be read, is not YAML, or holds something else.
    public static func open(_ path: String) throws(ConfigurationError) -> ConfigurationMap {
        try parse(try read(path), source: path)
    }

    /// The text of the file at `path`.
    /// - Throws: `ConfigurationError` when it cannot be read, is too large or no UTF-8.
    public static func read(_ path: String) throws(ConfigurationError) -> String {
        let data: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            data = try file.read(upToCount: bytesMax + 1) ?? Data()
        } catch {
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            let reason = exists && isFolder.boolValue ? "it is a folder" : error.localizedDescription
            throw ConfigurationError("\(path): cannot read: \(reason)")
        }
        guard data.count <= bytesMax else {
            throw ConfigurationError("\(path): larger than the limit of \(bytesMax) bytes")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ConfigurationError("\(path): expected UTF-8 text, found other bytes")
        }
        return text
    }

    /// The mapping that `text` is; `source` names it in errors.
    public static func parse(_ text: String, source: String) throws(ConfigurationError) -> ConfigurationMap {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw ConfigurationError("\(source)\(describe(error))")
        }
        guard let root else { throw ConfigurationError("\(source): is empty") }
        guard case .mapping(let mapping) = root else {
            throw ConfigurationError("\(place(source, root.mark)): expected keys with values, found \(kind(root))")
        }
        return ConfigurationMap(mapping, source: source, path: "")
    }

    static func place(_ source: String, _ mark: Mark?) -> String {
        mark.map { "\(source):\($0.line)" } ?? source
    }

    static func kind(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "\"\(scalar.string)\""
        case .mapping: "keys with values"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// `:LINE: what is wrong`.
    private static func describe(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ":\(mark.line): is not YAML: \(problem)"
        case .duplicatedKeysInMapping(let keys, let context):
            ":\(context.mark.line): \(keys.joined(separator: ", ")) stands there twice"
        case .reader(let problem, _, _, _): ": is not YAML: \(problem)"
        default: ": is not YAML: \(error)"
        }
    }
}
