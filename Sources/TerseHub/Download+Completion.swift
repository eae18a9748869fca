import Foundation

extension Download {
    // MARK: What is there

    /// Fails when something that is no file has the name: renaming over a device would take it away from everybody.
    func checkDestination() throws(HubError) {
        var status = stat()
        guard stat(destination, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "no regular file"
        throw HubError(.file, "\(destination): expected a file or nothing, found \(kind); give the file another name")
    }

    private var fileSize: Int64? {
        var status = stat()
        guard stat(destination, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// The file that is there already, when no server has to be asked: it has the hash that is wanted, or where none is,
    /// the record of an earlier download of the same URL.
    func presentFile() throws(HubError) -> DownloadedFile? {
        guard let size = fileSize else { return nil }
        let record = DownloadRecord.load(recordPath).flatMap { $0.size == size ? $0 : nil }
        if let expectedSHA256 {
            let sha256 = try FileDigest.sha256(of: destination) { self.report(.verifying, $0, size) }
            guard sha256 == expectedSHA256 else { return nil }
            let commit = record?.sha256 == sha256 ? record?.commit : nil
            return DownloadedFile(path: destination, bytes: size, sha256: sha256, commit: commit, wasPresent: true)
        }
        guard let record, record.url == source.url.absoluteString, let sha256 = record.sha256 else { return nil }
        return DownloadedFile(path: destination, bytes: size, sha256: sha256, commit: record.commit, wasPresent: true)
    }

    /// The file that is there already under another URL, or brought by hand, when it is the one that the server has.
    func adoptedFile(_ exchange: Exchange, _ total: Int64?) throws(AttemptFailure) -> DownloadedFile? {
        guard expectedSHA256 == nil, let size = fileSize, size == total else { return nil }
        let record = DownloadRecord.load(recordPath)
        if let record, record.size == size, let tag = record.etag, tag == exchange.strongETag,
            let sha256 = record.sha256
        {
            return try finished(size, sha256, exchange, wasPresent: true)
        }
        guard let wanted = exchange.hub.sha256 else { return nil }
        let sha256 = try file { () throws(HubError) in
            try FileDigest.sha256(of: self.destination) { self.report(.verifying, $0, total) }
        }
        return sha256 == wanted ? try finished(size, sha256, exchange, wasPresent: true) : nil
    }

    // MARK: What has come

    /// Checks the hash, moves the file to its place and writes down what it is.
    func verify(_ part: inout PartialFile, _ exchange: Exchange) throws(AttemptFailure) -> DownloadedFile {
        let sha256 = part.sha256
        if let wanted = expectedSHA256 ?? exchange.hub.sha256, wanted != sha256 {
            // Its bytes are wrong somewhere, so there is nothing to go on from.
            discardPart()
            throw AttemptFailure(
                .hashMismatch,
                "\(exchange.url.shown): expected SHA-256 \(wanted), found \(sha256) in \(part.count) bytes; they were discarded"
            )
        }
        let bytes = part.count
        let file = try finished(bytes, sha256, exchange, wasPresent: false) { () throws(HubError) in
            try part.move(to: self.destination)
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
            url: source.url.absoluteString, etag: exchange.strongETag, lastModified: exchange.lastModified, size: bytes,
            sha256: sha256, commit: commit)
        try file { () throws(HubError) in
            unlink(self.recordPath)
            try move()
        }
        // The file is whole and in its place; without a record the next download only asks the server once more.
        try? record.save(recordPath)
        return DownloadedFile(path: destination, bytes: bytes, sha256: sha256, commit: commit, wasPresent: wasPresent)
    }

    func discardPart() {
        unlink(partPath)
        unlink(partRecordPath)
    }

    /// Fails unless the disk has room for what is to come.
    func checkSpace(for bytes: Int64) throws(AttemptFailure) {
        let folder = URL(filePath: destination).deletingLastPathComponent().path
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
