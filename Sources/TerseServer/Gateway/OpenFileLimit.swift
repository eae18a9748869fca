import Foundation

/// How many files the process may have open: connections are files.
enum OpenFileLimit {
    /// What may be open beside connections: logs, sockets, models.
    static let reserve = 128
    /// More than that is not asked for.
    static let filesMax = 1 << 20
    /// A client's connection, and the one to a worker that serves it.
    private static let filesPerConnection = 2

    /// Raises the limit in force to the one that may not be passed.
    /// - Returns: how many files may be open now.
    @discardableResult
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return reserve }
        let wanted = max(limit.rlim_cur, min(limit.rlim_max, rlim_t(filesMax)))
        var raised = limit
        raised.rlim_cur = wanted
        if wanted > limit.rlim_cur, setrlimit(resource, &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many connections there are files for, of those that are wanted; one at least.
    static func connections(_ wanted: Int, files: Int) -> Int {
        max(1, min(wanted, (files - reserve) / filesPerConnection))
    }

    #if canImport(Glibc)
        private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let resource = RLIMIT_NOFILE
    #endif
}
