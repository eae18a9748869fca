import Foundation
import TerseModel
import TerseTensor

/// Asks a teacher about a stream and writes down what it says. Stopped or killed at any moment, it goes on after the last
/// block that is whole; the file appears under its name when it is complete.
struct TeacherCacheWriter {
    let teacher: LiveTeacher
    let stream: TokenStream
    let layout: TeacherCache.Layout
    let temperature: Double
    let vocabularySize: Int
    let team: ThreadTeam

    /// Rows of logits at once.
    private var rowsAtOnce: Int { min(layout.blockPositions, max(1, LiveTeacher.logitsMax / vocabularySize)) }

    /// Bytes of the teacher and of what it says at once.
    var byteCount: Int { teacher.byteCount + rowsAtOnce * vocabularySize * MemoryLayout<Float>.stride }

    /// Makes the file at `path`, which is not there.
    /// - Parameter progress: Is told the positions done; false stops, and what was done stays.
    /// - Returns: Nil when `progress` stopped it.
    /// - Throws: `TrainingError` (`system`) when the disk is full or fails.
    func cache(at path: String, progress: (Int) -> Bool) throws(TrainingError) -> TeacherCache? {
        let unfinished = path + ".unfinished"
        let file: FileHandle
        var block: Int
        do {
            block = try Self.blocksDone(unfinished, layout)
            if block == 0 { try Data(layout.header).write(to: URL(filePath: unfinished)) }
            file = try FileHandle(forUpdating: URL(filePath: unfinished))
            // The last block may be shorter than the others.
            try file.truncate(atOffset: UInt64(min(layout.offset(ofBlock: block), layout.byteCount)))
            try file.seekToEnd()
        } catch {
            throw TrainingError(.system, "\(unfinished): cannot write: \(error.localizedDescription)")
        }
        defer { try? file.close() }
        while block < layout.blockCount {
            let bytes = try outcomes(of: block)
            do { try file.write(contentsOf: bytes) } catch {
                throw TrainingError(.system, "\(unfinished): cannot write: \(error.localizedDescription)")
            }
            block += 1
            guard progress(min(block * layout.blockPositions, layout.positions)) else { return nil }
        }
        do {
            try file.synchronize()
            try FileManager.default.moveItem(atPath: unfinished, toPath: path)
        } catch {
            throw TrainingError(.system, "\(path): cannot write: \(error.localizedDescription)")
        }
        return try TeacherCache(path: path, layout: layout)
    }

    /// Blocks of an unfinished file that are whole, from the first on; 0 when it is of something else.
    private static func blocksDone(_ path: String, _ layout: TeacherCache.Layout) throws -> Int {
        guard FileManager.default.fileExists(atPath: path) else { return 0 }
        let file = try MappedFile(path: path)
        guard file.buffer.starts(with: layout.header) else { return 0 }
        return (0..<layout.blockCount).first { !TeacherCache.isWhole(file.buffer, $0, layout) } ?? layout.blockCount
    }

    /// A block as it stands in the file. Its positions are seen with at least as many tokens before them, where the
    /// stream has any.
    private func outcomes(of block: Int) throws(TrainingError) -> Data {
        let range = layout.range(block)
        let first = max(0, (block - 1) * layout.blockPositions)
        var tokens = [Int32](repeating: 0, count: 2 * layout.blockPositions)
        tokens.withUnsafeMutableBufferPointer { stream.copy(first..<range.upperBound, to: $0.baseAddress!) }
        try teacher.study(tokens: tokens, starts: [first])
        var weights = DistillationWeights()
        weights.temperature = temperature
        guard let fill = teacher.lesson(weights).fill else { return Data() }
        let logits: AlignedBuffer<Float>
        do { logits = try AlignedBuffer(rows: rowsAtOnce, columns: vocabularySize) } catch {
            throw TrainingError(.system, "the teacher's logits: \(error.message)")
        }
        var bytes = Data(count: range.count * layout.recordBytes)
        bytes.withUnsafeMutableBytes { (target: UnsafeMutableRawBufferPointer) in
            // Rows write to places of their own.
            nonisolated(unsafe) let target = target
            for start in stride(from: 0, to: range.count, by: rowsAtOnce) {
                let rows = min(rowsAtOnce, range.count - start)
                fill(range.lowerBound - first + start, rows, UnsafePointer(logits.pointer), logits.pointer)
                team.run(chunks: rows) { row, _ in
                    let begin = (start + row) * layout.recordBytes
                    write(
                        logits.pointer + row * vocabularySize,
                        to: UnsafeMutableRawBufferPointer(rebasing: target[begin..<begin + layout.recordBytes]))
                }
            }
        }
        let checksum = Fingerprint.of(bytes).littleEndian
        withUnsafeBytes(of: checksum) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// The most probable outcomes of a row, the first of equals first.
    private func write(_ logits: UnsafePointer<Float>, to target: UnsafeMutableRawBufferPointer) {
        let total = TrainingMath<Float>.logSum(logits, count: vocabularySize, factor: 1 / temperature)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: layout.outcomes) { best in
            var count = 0
            for id in 0..<vocabularySize {
                if count == layout.outcomes, logits[id] <= logits[Int(best[count - 1])] { continue }
                var place = count < layout.outcomes ? count : count - 1
                while place > 0, logits[Int(best[place - 1])] < logits[id] {
                    best[place] = best[place - 1]
                    place -= 1
                }
                best[place] = Int32(id)
                count = min(count + 1, layout.outcomes)
            }
            var offset = 0
            for id in best {
                if layout.bytesPerToken == 2 {
                    target.storeBytes(of: UInt16(id).littleEndian, toByteOffset: offset, as: UInt16.self)
                } else {
                    target.storeBytes(of: id.littleEndian, toByteOffset: offset, as: Int32.self)
                }
                offset += layout.bytesPerToken
                let value = Float16(Double(logits[Int(id)]) / temperature - total)
                target.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: offset, as: UInt16.self)
                offset += 2
            }
        }
    }
}
