import Foundation
import TerseTensor

/// The matrices of a model that are laid out for the processor in a file of their own, written once and mapped afterwards.
///
/// Its name says which file the model is in, when that was changed last and for which processors the layout is. It begins with
/// a line that names its kind and a byte for each matrix, 1 if it is there; the matrices follow from the next whole page on,
/// each at a multiple of 64. No bytes of them are taken for sizes or places, so a file that was tampered with computes
/// nonsense at worst.
struct PackedFile {
    private let directory: URL
    private let url: URL

    /// Where the matrices go; nil when not all of them come from one file.
    init?(_ directory: URL, of plans: [LayoutPlan]) {
        guard let file = plans.first?.tensor.bytes.file, plans.allSatisfy({ $0.tensor.bytes.file === file }) else {
            return nil
        }
        let name = file.identity.map { String($0, radix: 16) }.joined(separator: "-")
        self.directory = directory
        url = directory.appending(path: "\(name).\(MatrixLayout.name)")
    }

    /// The matrices, nil where one cannot be laid out after all: mapped, having been written first where they are not there.
    /// - Throws: `ModelError` (`file`) when they cannot be written.
    func matrices(_ plans: [LayoutPlan], team: ThreadTeam) throws(ModelError) -> [WeightMatrix?] {
        if let found = open(plans) { return found }
        try write(plans, team: team)
        guard let made = open(plans) else { throw ModelError(.file, "\(url.path): not what was written") }
        prune()
        return made
    }

    /// Nil when there is no such file, or it is not what it should be.
    private func open(_ plans: [LayoutPlan]) -> [WeightMatrix?]? {
        let (offsets, size) = Self.places(plans)
        guard let file = try? MappedFile(path: url.path), file.count == size,
            file.buffer.prefix(Self.magic.count).elementsEqual(Self.magic)
        else { return nil }
        utimensat(AT_FDCWD, url.path, nil, 0)  // It was used now: the oldest ones are removed.
        return plans.indices.map { index in
            guard file.buffer[Self.magic.count + index] == 1 else { return nil }
            let (plan, begin) = (plans[index], offsets[index])
            return plan.layout.matrix(plan.tensor, file.bytes(begin..<begin + plan.byteCount))
        }
    }

    /// Writes to a file of another name, which gets its own when all of it is on the disk.
    private func write(_ plans: [LayoutPlan], team: ThreadTeam) throws(ModelError) {
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ModelError(.file, "\(directory.path): cannot be made: \(error.localizedDescription)")
        }
        let name = directory.appending(path: "\(Self.unfinishedPrefix)\(UInt64.random(in: .min ... .max))").path
        let descriptor = Glibc.open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error(directory.path, "make a file there") }
        defer { close(descriptor) }
        do throws(ModelError) {
            try fill(descriptor, name, plans, team: team)
            guard rename(name, url.path) == 0 else { throw Self.error(url.path, "name it") }
        } catch {
            unlink(name)
            throw error
        }
    }

    private func fill(
        _ descriptor: Int32, _ name: String, _ plans: [LayoutPlan], team: ThreadTeam
    ) throws(ModelError) {
        let (offsets, size) = Self.places(plans)
        // Memory that a full disk cannot hold would be a fault, so its place is taken first.
        errno = posix_fallocate(descriptor, 0, off_t(size))
        guard errno == 0 else { throw Self.error(name, "reserve \(size) bytes") }
        guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { throw Self.error(name, "map \(size) bytes") }
        defer { munmap(memory, size) }
        let bytes = UnsafeMutableRawBufferPointer(start: memory, count: size)
        bytes.copyBytes(from: Self.magic)
        for (index, plan) in plans.enumerated() {
            let range = offsets[index]..<offsets[index] + plan.byteCount
            let room = UnsafeMutableRawBufferPointer(rebasing: bytes[range])
            bytes[Self.magic.count + index] = plan.layout.write(plan.tensor, to: room, team: team) ? 1 : 0
        }
        guard msync(memory, size, MS_SYNC) == 0, fsync(descriptor) == 0 else { throw Self.error(name, "write it") }
    }

    /// Removes the files used longest ago while all together are too large, and what writers left that died.
    private func prune() {
        let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey]
        let found = try? FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: Array(keys))
        let files = (found ?? []).compactMap { file -> (url: URL, size: Int, used: Date)? in
            guard let values = try? file.resourceValues(forKeys: keys), let size = values.fileSize,
                let used = values.contentModificationDate
            else { return nil }
            return (file, size, used)
        }
        var total = 0
        for file in files.sorted(by: { $0.used > $1.used }) {
            let isLeft =
                file.url.lastPathComponent.hasPrefix(Self.unfinishedPrefix) && file.used.timeIntervalSinceNow < -86_400
            total += file.size
            guard isLeft || total > Self.bytesMax, file.url.lastPathComponent != url.lastPathComponent else { continue }
            try? FileManager.default.removeItem(at: file.url)
        }
    }

    /// Where each matrix begins, and the size of the file.
    private static func places(_ plans: [LayoutPlan]) -> (offsets: [Int], size: Int) {
        var end = (magic.count + plans.count + 4095) / 4096 * 4096
        let offsets = plans.map { plan in
            let begin = (end + 63) / 64 * 64
            end = begin + plan.byteCount
            return begin
        }
        return (offsets, end)
    }

    private static func error(_ path: String, _ what: String) -> ModelError {
        ModelError(.file, "\(path): cannot \(what): \(String(cString: strerror(errno)))")
    }

    private static let magic = Array("terse matrices for one processor 1\n".utf8)
    private static let unfinishedPrefix = "unfinished-"
    /// What all of them may take.
    private static let bytesMax = 32 << 30
}
