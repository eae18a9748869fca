import Foundation

/// A file on the network: a URL, or a file of a repository on the Hugging Face hub.
public struct FileSource: Sendable, Equatable {
    /// Where the file is asked for first; servers may redirect.
    public let url: URL
    /// Where the file goes, below the folder of models: components that are safe as names of files.
    public let localPath: [String]

    /// The longest component of a path, in bytes of UTF-8; file systems end at 255, and a suffix must fit.
    static let maximumNameBytes = 200

    /// Parses `https://…`, `http://…` or `hf:owner/name/path/to/file`; `hf:owner/name@revision/file` names a branch, tag or
    /// commit other than `main`. The address of a file's page on the hub (`…/blob/main/…`) stands for the file.
    ///
    /// - Parameter endpoint: The hub's address.
    /// - Throws: `HubError` (`badSource`).
    public init(_ text: String, endpoint: URL = DownloadConfiguration.publicEndpoint) throws(HubError) {
        if text.hasPrefix("hf:") {
            let path = text.dropFirst(3).drop { $0 == "/" }
            self = try Self.hub(path.split(separator: "/", omittingEmptySubsequences: false), text, endpoint)
            return
        }
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased() else {
            throw HubError(.badSource, "\(Self.shown(text)): expected a URL or hf:owner/name/file")
        }
        guard scheme == "https" || scheme == "http" else {
            throw HubError(.badSource, "\(Self.shown(text)): expected https://, http:// or hf:, found \(scheme):")
        }
        guard let host = url.host(percentEncoded: false), !host.isEmpty else {
            throw HubError(.badSource, "\(Self.shown(text)): the URL names no host")
        }
        guard url.user == nil, url.password == nil else {
            throw HubError(.badSource, "a URL with a user or password; pass a token through the environment instead")
        }
        var components = url.path(percentEncoded: true).split(separator: "/", omittingEmptySubsequences: false)
            .dropFirst()
        if url.isSameOrigin(as: endpoint), components.count > 4, components[components.startIndex + 2] == "blob" {
            let revision = components[components.startIndex + 3]
            components.remove(at: components.startIndex + 3)
            components.remove(at: components.startIndex + 2)
            components[components.startIndex + 1] += "@" + revision
            self = try Self.hub(Array(components), text, endpoint)
            return
        }
        guard let last = components.last, !last.isEmpty else {
            throw HubError(.badSource, "\(Self.shown(text)): the URL names no file")
        }
        let port = url.port.map { "_\($0)" } ?? ""
        self.init(
            url: url, localPath: try Self.safe([Substring(host + port)] + components.filter { !$0.isEmpty }, text))
    }

    init(url: URL, localPath: [String]) {
        self.url = url
        self.localPath = localPath
    }

    /// - Parameter components: owner, name with or without a revision, and the file's path.
    private static func hub(
        _ components: [Substring], _ text: String, _ endpoint: URL
    ) throws(HubError) -> FileSource {
        guard components.count >= 3, components.allSatisfy({ !$0.isEmpty }) else {
            throw HubError(
                .badSource, "\(Self.shown(text)): expected hf:owner/name/file, found \(components.count) parts")
        }
        let parts = components[1].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let revision = parts.count > 1 ? String(parts[1]) : "main"
        for part in [components[0], parts[0]] where !part.allSatisfy(\.isHubNameCharacter) || part.first == "." {
            throw HubError(.badSource, "\(Self.shown(text)): \"\(part)\" is no name of an owner or repository")
        }
        guard !revision.isEmpty else {
            throw HubError(.badSource, "\(Self.shown(text)): the revision after @ is empty")
        }
        guard !components.contains(where: { [".", ".."].contains($0.removingPercentEncoding ?? "") }) else {
            throw HubError(.badSource, "\(Self.shown(text)): . and .. name no file on the hub")
        }
        let file = components[2...].map { encoded(String($0).removingPercentEncoding ?? String($0)) }
        let plain = revision.removingPercentEncoding ?? revision
        let path = "\(components[0])/\(parts[0])/resolve/\(encoded(plain))/" + file.joined(separator: "/")
        let base = endpoint.absoluteString
        guard let url = URL(string: base + (base.hasSuffix("/") ? "" : "/") + path) else {
            throw HubError(.badSource, "\(Self.shown(text)): no URL can be made of it")
        }
        return FileSource(url: url, localPath: try safe(components, text))
    }

    /// For messages: without a user's name and password, and without the query, which may hold a signature. Of a text that
    /// is no URL, too.
    private static func shown(_ text: String) -> String {
        guard !text.hasPrefix("hf:") else { return text }
        let start = text.range(of: "://")?.upperBound ?? text.startIndex
        let rest = text[start...]
        let plain = rest.prefix { $0 != "?" && $0 != "#" }
        guard let at = rest.lastIndex(of: "@") else { return String(text[..<start] + plain) }
        // Behind a question mark it may be of a password or of a query.
        guard at < plain.endIndex else { return text[..<start] + "…" }
        return String(text[..<start] + plain[plain.index(after: at)...])
    }

    private static func encoded(_ component: String) -> String {
        let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        return component.addingPercentEncoding(withAllowedCharacters: plain) ?? component
    }

    /// Names without separators, control characters or a dot in front, so that no path leaves its folder or hides.
    private static func safe(_ components: [Substring], _ text: String) throws(HubError) -> [String] {
        var result: [String] = []
        for component in components {
            let decoded = String(component).removingPercentEncoding ?? String(component)
            var name = ""
            for scalar in decoded.unicodeScalars {
                let isBad = scalar.value < 32 || scalar.value == 127 || "/\\:".unicodeScalars.contains(scalar)
                name.unicodeScalars.append(isBad || (name.isEmpty && scalar == ".") ? "_" : scalar)
            }
            guard name.utf8.count <= maximumNameBytes else {
                throw HubError(
                    .badSource,
                    "\(Self.shown(text)): a name of \(name.utf8.count) bytes in the path, more than the limit of \(maximumNameBytes)"
                )
            }
            result.append(name)
        }
        return result
    }
}

extension Character {
    fileprivate var isHubNameCharacter: Bool {
        isASCII && (isLetter || isNumber || self == "-" || self == "_" || self == ".")
    }
}
