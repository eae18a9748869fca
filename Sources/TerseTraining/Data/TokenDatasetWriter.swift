import Synchronization
import TerseFormats
import TerseJSON
import TerseTensor
import TerseTokenizer

/// Tokenises a corpus into a `TokenDataset`.
struct TokenDatasetWriter {
    private let corpus: TextCorpus
    private let tokenizer: Tokenizer
    private let definition: TokenizerDefinition

    /// - Throws: `TrainingError` (`mismatch`) when the tokenizer cannot be built.
    init(corpus: TextCorpus, definition: TokenizerDefinition) throws(TrainingError) {
        self.corpus = corpus
        self.definition = definition
        do { tokenizer = try Tokenizer(definition) } catch { throw TrainingError(.mismatch, error.message) }
    }

    /// The dataset at `path`, made anew unless it is there and of this corpus and tokenizer.
    ///
    /// Each document's ids stand between those that the tokenizer puts before and after a text.
    /// - Parameter progress: Is told the bytes of the corpus that were read; false stops and leaves nothing behind.
    /// - Returns: Nil when `progress` stopped it.
    func dataset(
        at path: String, team: ThreadTeam, progress: (Int) -> Bool = { _ in true }
    ) throws(TrainingError) -> TokenDataset? {
        if let present = try? TokenDataset(path: path), present.origin.isOf(corpus, definition) { return present }
        do {
            guard try write(path, team, progress) else { return nil }
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError(.system, "\(error)")
        }
        return try TokenDataset(path: path)
    }

    /// False when `progress` stopped it.
    private func write(_ path: String, _ team: ThreadTeam, _ progress: (Int) -> Bool) throws -> Bool {
        let file = try OutputFile(path: path)
        try file.write(TokenDataset.magic)
        let bytesPerToken = TokenDatasetLayout.bytesPerToken(vocabularySize: definition.tokens.count)
        var (ends, textBytes, stopped): ([UInt64], Int, Bool) = ([], 0, false)
        try corpus.forEachBatch { documents, read throws(TrainingError) in
            for (document, ids) in zip(documents, encode(documents, team)) {
                guard !ids.isEmpty else {
                    throw TrainingError(.data, "\(document.source): the tokenizer has no token for any of its text")
                }
                do throws(FormatError) { try file.write(Self.bytes(ids, bytesPerToken)) } catch {
                    throw TrainingError(.system, error.message)
                }
                ends.append((ends.last ?? 0) + UInt64(ids.count))
            }
            textBytes += documents.reduce(0) { $0 + $1.text.utf8.count }
            guard ends.count <= TokenDataset.documentsMax else {
                throw TrainingError(.limitExceeded, "\(path): more than \(TokenDataset.documentsMax) documents")
            }
            stopped = !progress(read)
            return !stopped
        }
        guard !stopped else { return false }
        guard !ends.isEmpty else {
            throw TrainingError(.data, "\(corpus.files.first?.path ?? path): holds no text")
        }
        try file.pad(to: 8)
        for end in ends { try file.write(Self.littleEndian(end)) }
        let origin = TokenDatasetOrigin(
            vocabularySize: definition.tokens.count, tokenizerFingerprint: definition.fingerprint, files: corpus.files,
            textBytes: textBytes)
        let json = Array(origin.json(documents: ends.count, tokens: Int(ends.last ?? 0)).serialized().utf8)
        try file.write(json)
        try file.write(Self.littleEndian(UInt64(json.count)))
        try file.write(TokenDataset.magic)
        try file.commit()
        return true
    }

    /// The ids of each document, encoded side by side.
    private func encode(_ documents: [Document], _ team: ThreadTeam) -> [[Int32]] {
        let results = Mutex([[Int32]](repeating: [], count: documents.count))
        team.run(chunks: documents.count) { index, _ in
            let ids = tokenizer.encode(documents[index].text, addSpecial: true)
            results.withLock { $0[index] = ids }
        }
        return results.withLock { $0 }
    }

    private static func bytes(_ ids: [Int32], _ bytesPerToken: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ids.count * bytesPerToken)
        for id in ids {
            for shift in 0..<bytesPerToken { bytes.append(UInt8(truncatingIfNeeded: id >> Int32(8 * shift))) }
        }
        return bytes
    }

    private static func littleEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
}
