import Foundation

extension Download {
    // MARK: What is there

    /// Symbolic links followed, as many as Linux follows.
    private static let linksMax = 40

    /// The path that symbolic links at `path` lead to, which need not exist.
    static func followingLinks(_ path: String) -> String {
        var result = path
        for _ in 0..<linksMax {
            guard let link = try? FileManager.default.destinationOfSymbolicLink(atPath: result) else { break }
            // Joined as it stands: what `..` means after a link to a folder only the kernel knows.
            let folder = result.lastIndex(of: "/").map { String(result[...$0]) } ?? ""
            result = link.hasPrefix("/") ? link : folder + link
        }
        return result
    }

    /// Fails when something that is no file has the name: renaming over a device would take it away from everybody.
    func checkDestination() throws(HubError) {
        var status = stat()
        guard stat(destination, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "no regular file"
        throw HubError(.file, "\(destination): expected a file or nothing, found \(kind); give the file another name")
    }

    /// The hash of the file that is there, read once unless it changes: while a large one is read the server may lose
    /// its patience, and the next attempt would read it again.
    private func presentSHA256(_ identity: FileIdentity) throws(HubError) -> String {
        if let known = presentFileHash, known.identity == identity { return known.sha256 }
        let sha256 = try FileDigest.sha256(of: target) { self.report(.verifying, $0, identity.size) }
        presentFileHash = (identity, sha256)
        return sha256
    }

    /// The file that is there already, when no server has to be asked: it has the hash that is wanted, or where none is,
    /// the record of an earlier download of the same URL.
    func presentFile() throws(HubError) -> DownloadedFile? {
        guard let identity = FileIdentity(path: target) else { return nil }
        let size = identity.size
        let record = DownloadRecord.load(recordPath).flatMap { $0.size == size ? $0 : nil }
        if let expectedSHA256 {
            let sha256 = try presentSHA256(identity)
            guard sha256 == expectedSHA256 else { return nil }
            let commit = record?.sha256 == sha256 ? record?.commit : nil
            return DownloadedFile(path: destination, bytes: size, sha256: sha256, commit: commit, wasPresent: true)
        }
        guard let record, record.isOf(source.url), let sha256 = record.sha256 else { return nil }
        return DownloadedFile(path: destination, bytes: size, sha256: sha256, commit: record.commit, wasPresent: true)
    }

    /// The file that is there already under another URL, or brought by hand, when the hub has one of its hash. A tag
    /// says nothing: it is of one URL alone.
    func adoptedFile(_ exchange: Exchange, _ total: Int64?) throws(AttemptFailure) -> DownloadedFile? {
        guard expectedSHA256 == nil, let wanted = exchange.hub.sha256, let identity = FileIdentity(path: target),
            identity.size == total
        else { return nil }
        let sha256 = try file { () throws(HubError) in try self.presentSHA256(identity) }
        return sha256 == wanted ? try finished(identity.size, sha256, exchange, wasPresent: true) : nil
    }

    // MARK: What has come

    /// Checks the hash, moves the file to its place and writes down what it is.
    /// - Parameter isWhole: whether the answer told where the file ends. If not, a wrong hash may mean that more is to come,
    ///   until the same bytes come again.
    func verify(
        _ part: inout PartialFile, _ exchange: Exchange, isWhole: Bool
    ) throws(AttemptFailure) -> DownloadedFile {
        let sha256 = part.sha256
        if let wanted = expectedSHA256 ?? exchange.hub.sha256, wanted != sha256 {
            guard isWhole || doubtfulSHA256 == sha256 else {
                doubtfulSHA256 = sha256
                throw AttemptFailure(
                    .network,
                    "\(exchange.url.shown): the connection ended after \(part.count) bytes, whose SHA-256 is \(sha256), "
                        + "not \(wanted)", isTransient: true)
            }
            // Its bytes are wrong somewhere, so there is nothing to go on from.
            discardPart()
            throw AttemptFailure(
                .hashMismatch,
                "\(exchange.url.shown): expected SHA-256 \(wanted), found \(sha256) in \(part.count) bytes; they were discarded"
            )
        }
        let bytes = part.count
        let file = try finished(bytes, sha256, exchange, wasPresent: false) { () throws(HubError) in
            try part.move(to: self.target)
        }
        unlink(partRecordPath)
        return file
    }

    /// - Parameter move: puts the file in its place; the record of the old one goes before and of the new one comes after.
    private func finished(
        _ bytes: Int64, _ sha256: String, _ exchange: Exchange, wasPresent: Bool,
        _ move: () throws(HubError) -> Void = {}
    ) throws(AttemptFailure) -> DownloadedFile {
        let commit = exchange.hub.commit
        let record = DownloadRecord(
            url: source.url, etag: exchange.strongETag, lastModified: exchange.strongLastModified, size: bytes,
            sha256: sha256, commit: commit)
        try file { () throws(HubError) in
            unlink(self.recordPath)
            try move()
        }
        // The file is whole and in its place; without a record the next download only asks the server once more.
        try? record.save(recordPath)
        return DownloadedFile(path: destination, bytes: bytes, sha256: sha256, commit: commit, wasPresent: wasPresent)
    }

    /// A file without bytes is nothing to go on from.
    func removeEmptyPart() {
        var status = stat()
        if stat(partPath, &status) == 0, status.st_size == 0 { discardPart() }
    }

    func discardPart() {
        unlink(partPath)
        unlink(partRecordPath)
    }

    /// Fails unless the disk has room for what is to come.
    func checkSpace(for bytes: Int64) throws(AttemptFailure) {
        let folder = URL(filePath: target).deletingLastPathComponent().path
        guard let free = configuration.freeBytes(folder) else { return }
        let needed = bytes.addingReportingOverflow(configuration.spareBytes)
        guard needed.overflow || free < needed.partialValue else { return }
        let coming = bytes > 0 ? "\(bytes) bytes are to come" : "the server does not say how much is to come"
        throw AttemptFailure(
            .noSpace, "\(folder): \(coming) and \(configuration.spareBytes) bytes are to stay free, but \(free) are")
    }

    /// What goes wrong on disk is no better another time.
    func file<Value>(_ body: () throws(HubError) -> Value) throws(AttemptFailure) -> Value {
        do throws(HubError) {
            return try body()
        } catch {
            throw AttemptFailure(error.code, error.message)
        }
    }
}
