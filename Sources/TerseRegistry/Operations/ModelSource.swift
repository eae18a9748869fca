import Foundation
import TerseFormats

/// The files that make up a model on the disk.
public struct ModelSource: Sendable {
    public let format: Variant.Format
    /// Which file to open, within the variant; nil: the folder.
    public let entry: String?
    /// What each file is called within the variant, and where it is.
    public let files: [(path: String, source: String)]

    /// - Parameter model: which must have been opened from a file or folder.
    /// - Throws: `RegistryError`.
    public init(_ model: ModelFile) throws(RegistryError) {
        switch model.format {
        case .gguf:
            format = .gguf
            entry = Self.name(model.path)
            files = model.files.map { (Self.name($0), $0) }
        case .llama2C:
            format = .llama2C
            entry = Self.name(model.path)
            // Under this name it is found again.
            let tokenizer = model.tokenizerPath.map { [("tokenizer.bin", $0)] } ?? []
            files = model.files.map { (Self.name($0), $0) } + tokenizer
        case .huggingFace:
            format = .huggingFace
            entry = nil
            files = try Self.files(ofFolder: model)
        }
    }

    /// All that says something of the model: weights, configuration, tokenizer, templates, its card and licence. Weights in
    /// other formats, which such folders often have beside, are not among them.
    private static func files(ofFolder model: ModelFile) throws(RegistryError) -> [(path: String, source: String)] {
        let needed = Set(model.files.map(name))
        let kinds: Set = ["json", "model", "txt", "jinja", "md"]
        let names = try FileTree.names(in: model.path).filter { name in
            let kind = name.split(separator: ".").last.map(String.init) ?? ""
            let isWanted =
                needed.contains(name) || kinds.contains(kind) || name == "tokenizer.bin"
                || ["LICENSE", "NOTICE", "LICENCE"].contains { name.hasPrefix($0) }
            return isWanted && !name.hasPrefix(".") && HashedFile.identity(of: "\(model.path)/\(name)") != nil
        }
        return names.map { ($0, "\(model.path)/\($0)") }
    }

    private static func name(_ path: String) -> String {
        path.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { String($0) } ?? path
    }
}

extension ModelSource {
    /// Copies the files into the store's staging.
    /// - Parameter progress: is told how many bytes have come; false stops.
    public func stage(
        as name: String, in staging: Staging, progress: (Int64) -> Bool = { _ in true }
    ) throws(RegistryError) -> VariantDraft {
        var drafts: [VariantDraft.File] = []
        var done: Int64 = 0
        for file in files {
            let blob = try staging.copy(file.source) { progress(done + $0) }
            drafts.append(VariantDraft.File(path: file.path, blob: blob))
            done += blob.byteCount
        }
        return VariantDraft(name: name, format: format, entry: entry, files: drafts)
    }

    /// Of all files, as they are now.
    public var byteCount: Int64 {
        files.reduce(0) { sum, file in
            var status = stat()
            return stat(file.source, &status) == 0 ? sum + Int64(status.st_size) : sum
        }
    }
}
