import Foundation
import TerseTensor

/// The matrices of a model that are laid out for the processor in a file of their own, written once and mapped afterwards.
///
/// Its name says which file the model is in, when that was changed last and for which processors the layout is. It begins
/// with a line that names its kind, a byte for each matrix, 1 if it is there, and the scale of each, which may come from
/// another file than the matrix; the matrices follow from the next whole page on, each at a multiple of 64. No bytes of them
/// are taken for sizes or places, so a file that was tampered with computes nonsense at worst.
struct PackedFile {
    private let store: PackedStore
    private let url: URL

    /// Where the matrices go.
    /// - Throws: `ModelError` (`file`) when not all of them lie in one file as they are needed.
    init(_ store: PackedStore, of plans: [LayoutPlan]) throws(ModelError) {
        guard let file = plans.first?.tensor.bytes.file, plans.allSatisfy({ $0.tensor.bytes.file === file }) else {
            throw ModelError(.file, "the weights lie in several files, or are converted when they are read")
        }
        let name = file.identity.map { String($0, radix: 16) }.joined(separator: "-")
        self.store = store
        url = store.directory.appending(path: "\(name).\(MatrixLayout.name)")
    }

    /// The matrices, nil where one cannot be laid out after all: mapped, having been written first where they are not there.
    /// - Throws: `ModelError` (`file`) when they cannot be written.
    func matrices(_ plans: [LayoutPlan], team: ThreadTeam) throws(ModelError) -> [WeightMatrix?] {
        if let found = open(plans) { return found }
        try write(plans, team: team)
        guard let made = open(plans) else { throw ModelError(.file, "\(url.path): not what was written") }
        return made
    }

    /// Nil when there is no such file, or it is not what it should be.
    private func open(_ plans: [LayoutPlan]) -> [WeightMatrix?]? {
        let (offsets, size) = Self.places(plans)
        guard let file = try? MappedFile(path: url.path, hugePages: true), file.count == size,
            file.buffer.prefix(Self.magic.count).elementsEqual(Self.magic),
            file.buffer.dropFirst(Self.magic.count + plans.count).starts(with: Self.scales(plans))
        else { return nil }
        utimensat(AT_FDCWD, url.path, nil, 0)  // It was used now: the oldest ones are removed.
        return plans.indices.map { index in
            guard file.buffer[Self.magic.count + index] == 1 else { return nil }
            let (plan, begin) = (plans[index], offsets[index])
            if let range = plan.rarelyRead {
                file.expectRareReads(of: begin + range.lowerBound..<begin + range.upperBound)
            }
            return plan.layout.matrix(plan.tensor, file.bytes(begin..<begin + plan.byteCount))
        }
    }

    /// Writes to a file of another name, which gets its own when all of it is on the disk.
    private func write(_ plans: [LayoutPlan], team: ThreadTeam) throws(ModelError) {
        let (offsets, size) = Self.places(plans)
        let new = try store.newFile(size: size)
        defer { close(new.descriptor) }
        do throws(ModelError) {
            var writer = try BlockWriter(new.descriptor, new.path)
            var head = Self.magic
            for (plan, offset) in zip(plans, offsets) {
                let memory = try ModelError.reserving("\(plan.byteCount) bytes of packed weights") {
                    () throws(TensorError) in try AlignedBuffer<UInt8>(count: plan.byteCount, hugePages: true)
                }
                let isThere = plan.layout.write(plan.tensor, to: memory.bytes, team: team)
                let bytes = UnsafeRawBufferPointer(memory.bytes)
                if isThere { try writer.write(bytes, at: offset, rarelyRead: plan.rarelyRead) }
                head.append(isThere ? 1 : 0)
            }
            try writer.finish(size: size)
            try writer.overwrite(head + Self.scales(plans))
            guard fsync(new.descriptor) == 0 else { throw .ofSystem("cannot write", new.path) }
            guard rename(new.path, url.path) == 0 else { throw .ofSystem("cannot rename to", url.path) }
        } catch {
            unlink(new.path)
            throw error
        }
    }

    /// The scales of the matrices, little-endian float32.
    private static func scales(_ plans: [LayoutPlan]) -> [UInt8] {
        plans.flatMap { plan in withUnsafeBytes(of: plan.tensor.scale.bitPattern.littleEndian, Array.init) }
    }

    /// Where each matrix begins, and the size of the file.
    private static func places(_ plans: [LayoutPlan]) -> (offsets: [Int], size: Int) {
        var end = (magic.count + plans.count + scales(plans).count).roundedUp(to: pageBytes)
        let offsets = plans.map { plan in
            let begin = end.roundedUp(to: lineBytes)
            end = begin + plan.byteCount
            return begin
        }
        return (offsets, end)
    }

    private static let magic = Array("terse matrices for one processor\n".utf8)
    private static let pageBytes = 4096
    /// What kernels want matrices aligned to.
    private static let lineBytes = 64
}
