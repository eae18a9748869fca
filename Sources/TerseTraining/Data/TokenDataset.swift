import Foundation
import TerseTensor

/// Documents as token ids, in a file that is mapped: text is tokenised once, and training reads ids.
///
/// The file: 8 bytes of magic; the ids of all documents, one after the other, two bytes each where the vocabulary allows
/// and else four; zeros to a multiple of 8; where each document ends, in ids, 8 bytes each; a JSON object that says what
/// it was made from; the object's length in 8 bytes; the magic again. Little-endian.
struct TokenDataset: Sendable {
    /// What the file was made from.
    let origin: TokenDatasetOrigin
    /// Where each document ends, in ids.
    let documentEnds: [Int]

    /// Differs when an id or the end of a document does.
    private(set) var fingerprint: UInt64 = 0

    private let file: MappedFile
    private let bytesPerToken: Int

    static let magic = Array("TERSETOK".utf8)
    /// Documents of one file.
    static let documentsMax = 1 << 30

    /// The ids of all documents.
    var count: Int { documentEnds.last ?? 0 }
    var path: String { file.path }

    /// - Throws: `TrainingError` naming the file and what is wrong with it.
    init(path: String) throws(TrainingError) {
        do { file = try MappedFile(path: path) } catch { throw TrainingError(.system, error.message) }
        let layout = try TokenDatasetLayout(file)
        origin = layout.origin
        bytesPerToken = layout.bytesPerToken
        documentEnds = layout.documentEnds
        try checkIDs()
    }

    /// Where document `index` lies among the ids.
    func range(ofDocument index: Int) -> Range<Int> {
        (index == 0 ? 0 : documentEnds[index - 1])..<documentEnds[index]
    }

    /// Copies the ids of `range` to `target`, which has room for them.
    func copy(_ range: Range<Int>, to target: UnsafeMutablePointer<Int32>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        let start = file.pointer + Self.magic.count
        if bytesPerToken == 2 {
            let ids = start.assumingMemoryBound(to: UInt16.self)
            for index in 0..<range.count { target[index] = Int32(ids[range.lowerBound + index]) }
        } else {
            let ids = start.assumingMemoryBound(to: Int32.self)
            for index in 0..<range.count { target[index] = ids[range.lowerBound + index] }
        }
    }

    /// Every id must be a row of the embedding.
    private mutating func checkIDs() throws(TrainingError) {
        var digest = Fingerprint()
        for end in documentEnds { digest.take(UInt64(end)) }
        var window = [Int32](repeating: 0, count: 1 << 16)
        for start in stride(from: 0, to: count, by: window.count) {
            let end = min(start + window.count, count)
            window.withUnsafeMutableBufferPointer { copy(start..<end, to: $0.baseAddress!) }
            for (offset, id) in window[..<(end - start)].enumerated() {
                digest.take(UInt64(truncatingIfNeeded: id))
                guard id < 0 || id >= origin.vocabularySize else { continue }
                throw TrainingError(
                    .mismatch, "\(path): id \(id) at \(start + offset), but the vocabulary has \(origin.vocabularySize)"
                )
            }
        }
        fingerprint = digest.value
    }
}
