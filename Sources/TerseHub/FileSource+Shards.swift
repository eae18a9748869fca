import Foundation

extension FileSource {
    /// The files of a sharded GGUF (`NAME-00001-of-00003.gguf`) of which this is the first, in order; of any other file
    /// the file itself.
    public var shards: [FileSource] {
        guard var name = localPath.last, let components = URLComponents(url: url, resolvingAgainstBaseURL: true),
            let match = name.wholeMatch(of: #/(.+)-00001-of-(\d{5})\.gguf/#), let count = Int(match.2), count > 1
        else { return [self] }
        let ending = "-00001-of-\(match.2).gguf"
        guard components.percentEncodedPath.hasSuffix(ending) else { return [self] }
        let prefix = match.1
        let pathPrefix = components.percentEncodedPath.dropLast(ending.count)
        var shards: [FileSource] = []
        for number in 1...count {
            let digits = String(number)
            let ending = "-" + String(repeating: "0", count: 5 - digits.count) + digits + ending.dropFirst(6)
            var components = components
            components.percentEncodedPath = pathPrefix + ending
            name = prefix + ending
            guard let url = components.url else { return [self] }
            shards.append(FileSource(url: url, localPath: localPath.dropLast() + [name]))
        }
        return shards
    }
}
