import Foundation

/// Whether and when to try again after an attempt failed. A value: time comes from outside.
struct RetryPolicy {
    let configuration: DownloadConfiguration
    private var attempts = 0
    private var fruitless = 0

    init(_ configuration: DownloadConfiguration) { self.configuration = configuration }

    enum Decision: Equatable {
        case retry(after: Duration)
        case giveUp(HubError)
    }

    /// - Parameter broughtBytes: whether the attempt brought anything, which starts the count of fruitless ones anew.
    mutating func decide(after failure: AttemptFailure, broughtBytes: Bool) -> Decision {
        guard failure.isTransient else { return .giveUp(failure.error) }
        attempts += 1
        fruitless = broughtBytes ? 1 : fruitless + 1
        guard fruitless < configuration.maximumFruitlessAttempts, attempts < configuration.maximumAttempts else {
            return .giveUp(
                HubError(failure.error.code, "\(failure.error.message) (given up after \(attempts) attempts)"))
        }
        if let wished = failure.retryAfter {
            guard wished <= configuration.maximumRetryAfter else {
                let seconds = wished.components.seconds
                return .giveUp(
                    HubError(
                        failure.error.code,
                        "\(failure.error.message); the server asks to come back in \(seconds) s, the limit is "
                            + "\(configuration.maximumRetryAfter.components.seconds) s"))
            }
            return .retry(after: wished)
        }
        let doubled = configuration.firstDelay * (1 << min(fruitless - 1, 20))
        return .retry(after: min(doubled, configuration.maximumDelay))
    }

    /// Seconds, or a date (RFC 9110, 10.2.3).
    static func retryAfter(_ header: String?, now: Date) -> Duration? {
        guard let header = header?.trimmingCharacters(in: .whitespaces), !header.isEmpty else { return nil }
        if let seconds = Int64(header) { return .seconds(min(max(seconds, 0), 1 << 40)) }
        return date(header).map { .seconds(max($0 - now.timeIntervalSince1970, 0)) }
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func date(_ text: String) -> Double? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let numbers = ([words[1], words[3]] + words[4].split(separator: ":")).compactMap { Int32($0) }
        guard numbers.count == 5, (1970...9999).contains(numbers[1]) else { return nil }
        var parts = tm()
        parts.tm_mday = numbers[0]
        parts.tm_mon = Int32(month)
        parts.tm_year = numbers[1] - 1900
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[2], numbers[3], numbers[4])
        return Double(timegm(&parts))
    }
}
