import AsyncHTTPClient
import Foundation
import NIOCore

/// One file on its way to its place. Used by one task.
final class Download {
    let source: FileSource
    let destination: String
    /// What is written: behind symbolic links, if the destination is one.
    let target: String
    let expectedSHA256: String?
    let configuration: DownloadConfiguration
    private let client: HTTPClient
    private let progress: @Sendable (DownloadProgress) -> Void

    /// Beside the target, in a folder that only downloads use. No two names have a path in common.
    let partPath: String
    let partRecordPath: String
    let recordPath: String
    private let lockPath: String
    /// Of the file that is there already, once it was read.
    var presentFileHash: (identity: FileIdentity, sha256: String)?
    /// Of what had come when an answer stopped without saying whether that was the end.
    var doubtfulSHA256: String?
    private var reported: ContinuousClock.Instant?

    /// Between two tries to get the lock that another process holds.
    private static let lockInterval = Duration.milliseconds(200)
    private static let reportInterval = Duration.milliseconds(100)
    static let stateFolder = ".pull"

    init(
        source: FileSource, destination: URL, expectedSHA256: String?, configuration: DownloadConfiguration,
        client: HTTPClient, progress: @escaping @Sendable (DownloadProgress) -> Void
    ) {
        self.source = source
        self.destination = destination.path
        target = Self.followingLinks(destination.path)
        self.expectedSHA256 = expectedSHA256
        self.configuration = configuration
        self.client = client
        self.progress = progress
        let file = URL(filePath: target)
        let folder = file.deletingLastPathComponent().appending(path: Self.stateFolder)
        let state = folder.path + "/" + file.lastPathComponent
        partPath = state + ".part"
        partRecordPath = state + ".part.json"
        recordPath = state + ".done.json"
        lockPath = state + ".lock"
    }

    func run() async throws(HubError) -> DownloadedFile {
        try checkDestination()
        if let present = try presentFile() { return present }  // Also where nothing may be written.
        do {
            let folder = URL(filePath: lockPath).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw HubError(.file, "\(destination): cannot make its folder: \(error.localizedDescription)")
        }
        let lock = try await acquireLock()
        let result: Result<DownloadedFile, HubError>
        do throws(HubError) {
            result = .success(try await fetch())
        } catch {
            result = .failure(error)
        }
        removeEmptyPart()
        lock.release()
        return try result.get()
    }

    private func acquireLock() async throws(HubError) -> DownloadLock {
        while true {
            if let lock = try DownloadLock.tryAcquire(lockPath) { return lock }
            report(.waiting, 0, nil, always: true)
            try await pause(Self.lockInterval)
        }
    }

    private func pause(_ time: Duration) async throws(HubError) {
        do {
            try await Task.sleep(for: time)
        } catch {
            throw HubError(.cancelled, "\(source.url.shown): cancelled")
        }
    }

    /// Under the lock.
    private func fetch() async throws(HubError) -> DownloadedFile {
        if let present = try presentFile() { return present }
        var part = try PartialFile(path: partPath)
        var policy = RetryPolicy(configuration)
        while true {
            let before = part.count
            do throws(AttemptFailure) {
                return try await attempt(&part)
            } catch {
                switch policy.decide(after: error, broughtBytes: part.count > before) {
                case .giveUp(let error): throw error
                case .retry(let delay):
                    report(.retrying(reason: error.error.message, delay: delay), part.count, nil, always: true)
                    try await pause(delay)
                }
            }
        }
    }

    // MARK: One attempt

    /// Brings the rest of the file, checks it and puts it in its place.
    private func attempt(_ part: inout PartialFile) async throws(AttemptFailure) -> DownloadedFile {
        let record = try resumable(&part)
        // Before anything is asked for, so that no connection waits for the disk.
        try file { () throws(HubError) in
            try part.hashExisting { self.report(.verifying, $0, record?.size) }
        }
        let exchange = try await Exchange.open(
            source.url, from: part.count, validator: record?.validator, configuration: configuration, client: client)
        try exchange.check(hasToken: configuration.token != nil)
        if let expectedSHA256, let linked = exchange.hub.sha256, linked != expectedSHA256 {
            throw AttemptFailure(
                .hashMismatch, "\(source.url.shown): expected SHA-256 \(expectedSHA256), the hub's file has \(linked)")
        }
        let total = try prepare(&part, for: exchange, record)
        if let file = try adoptedFile(exchange, total) {
            discardPart()
            return file
        }
        try checkSpace(for: total.map { $0 - part.count } ?? 0)
        // What is here without a proof of its version gets none from the rest: only a hash can finish it.
        let isProven = part.count == 0 || record?.validator != nil
        // With the rest of a file a server need not say again when it was changed (RFC 9110, 15.3.7).
        let lastModified = exchange.strongLastModified ?? (part.count > 0 ? record?.lastModified : nil)
        try file { () throws(HubError) in
            try DownloadRecord(
                url: self.source.url, etag: isProven ? exchange.strongETag : nil,
                lastModified: isProven ? lastModified : nil, size: total
            ).save(self.partRecordPath)
        }
        if exchange.response.status.code != 416 { try await receive(exchange, total, into: &part) }
        guard total == nil || part.count == total else {
            throw AttemptFailure(
                .network, "\(exchange.url.shown): the connection ended after \(part.count) of \(total ?? 0) bytes",
                isTransient: true)
        }
        // The end of a part of a file is not the file's.
        let isWhole = total != nil || (exchange.response.status.code == 200 && exchange.hasMarkedEnd)
        return try verify(&part, exchange, isWhole: isWhole)
    }

    /// Empties the partial file unless its bytes can be gone on from: they must be of this URL, and either the server
    /// or a hash must be able to tell whether two versions were joined.
    /// - Returns: what is known of the bytes that are kept.
    private func resumable(_ part: inout PartialFile) throws(AttemptFailure) -> DownloadRecord? {
        guard part.count > 0 else { return nil }
        let record = DownloadRecord.load(partRecordPath)
        let isOfThisURL = record.map { $0.isOf(source.url) }
        if isOfThisURL == true, record?.validator != nil { return record }
        if isOfThisURL != false, expectedSHA256 != nil { return record }
        try restart(&part)
        return nil
    }

    /// Empties the partial file where the answer begins anew.
    /// - Returns: the size of the whole file, when it is known; at least what is already there.
    private func prepare(
        _ part: inout PartialFile, for exchange: Exchange, _ record: DownloadRecord?
    ) throws(AttemptFailure) -> Int64? {
        let place = exchange.url.shown
        var total: Int64?
        switch exchange.response.status.code {
        case 206:
            guard let range = exchange.contentRange, range.bytes?.lowerBound == part.count else {
                throw try anew(&part, "\(place): sent another range than the one asked for")
            }
            guard exchange.isSameVersion(as: record) else {
                throw try anew(&part, "\(place): the file changed while it was downloaded")
            }
            total = range.total ?? record?.size
            guard total != nil || expectedSHA256 != nil || exchange.hub.sha256 != nil || exchange.hub.size != nil else {
                throw try anew(&part, "\(place): does not say how large the file is")
            }
        case 416:
            guard part.count > 0, exchange.contentRange?.total == part.count, exchange.isSameVersion(as: record) else {
                throw try anew(&part, "\(place): has no bytes after those already here")
            }
            total = part.count
        default:
            if part.count > 0 { try restart(&part) }
            total = exchange.contentLength
        }
        if let linked = exchange.hub.size, let total, linked != total {
            throw AttemptFailure(.sizeMismatch, "\(place): expected \(linked) bytes, as the hub says, found \(total)")
        }
        total = total ?? exchange.hub.size
        if let total, total < part.count {
            throw try anew(&part, "\(place): has \(total) bytes, fewer than are already here")
        }
        guard total != nil || exchange.hasMarkedEnd || (expectedSHA256 ?? exchange.hub.sha256) != nil else {
            throw AttemptFailure(
                .sizeMismatch, "\(place): tells neither the size nor the end of the file; --sha256 would make it safe")
        }
        return total
    }

    private func receive(_ exchange: Exchange, _ total: Int64?, into part: inout PartialFile)
        async throws(AttemptFailure)
    {
        report(.downloading, part.count, total, always: true)
        do throws(AttemptFailure) {
            try await readBody(of: exchange, total, into: &part)
        } catch {
            report(.downloading, part.count, total, always: true)
            throw error
        }
        report(.downloading, part.count, total ?? part.count, always: true)
    }

    private func readBody(of exchange: Exchange, _ total: Int64?, into part: inout PartialFile)
        async throws(AttemptFailure)
    {
        var spaceCheck = part.count
        var iterator = exchange.response.body.makeAsyncIterator()
        while true {
            let buffer: ByteBuffer?
            do {
                buffer = try await iterator.next()
            } catch {
                throw AttemptFailure(error, url: exchange.url)
            }
            guard let buffer else { break }
            if let total, Int64(buffer.readableBytes) > total - part.count {
                try restart(&part)
                throw AttemptFailure(.sizeMismatch, "\(exchange.url.shown): expected \(total) bytes, found more")
            }
            if total == nil, part.count - spaceCheck >= configuration.spaceCheckBytes {
                try checkSpace(for: 0)
                spaceCheck = part.count
            }
            try file { () throws(HubError) in try part.append(buffer) }
            report(.downloading, part.count, total)
        }
        guard !Task.isCancelled else { throw AttemptFailure(.cancelled, "\(exchange.url.shown): cancelled") }
    }

    private func restart(_ part: inout PartialFile) throws(AttemptFailure) {
        try file { () throws(HubError) in try part.restart() }
        unlink(partRecordPath)
    }

    /// Empties the partial file: the next attempt asks for the whole.
    private func anew(_ part: inout PartialFile, _ message: String) throws(AttemptFailure) -> AttemptFailure {
        try restart(&part)
        return AttemptFailure(.network, message, isTransient: true)
    }

    /// Tells about progress, unless it was told a moment ago.
    /// - Returns: whether to go on.
    @discardableResult
    func report(_ phase: DownloadProgress.Phase, _ bytes: Int64, _ total: Int64?, always: Bool = false) -> Bool {
        let now = ContinuousClock.now
        if always || reported.map({ now - $0 >= Self.reportInterval }) ?? true {
            reported = now
            progress(DownloadProgress(phase: phase, receivedBytes: bytes, totalBytes: total))
        }
        return !Task.isCancelled
    }
}

extension Exchange {
    /// Whether nothing in the answer speaks against the bytes being of the version that `record` is of.
    fileprivate func isSameVersion(as record: DownloadRecord?) -> Bool {
        guard let record else { return true }
        if let old = record.size, let new = contentRange?.total, old != new { return false }
        // That there is no more may be said without a tag; the size was compared.
        if let old = record.etag, response.status.code != 416 || strongETag != nil { return strongETag == old }
        // The answer to If-Range need not have it (RFC 9110, 15.3.7).
        return record.lastModified == nil || lastModified == nil || lastModified == record.lastModified
    }
}
