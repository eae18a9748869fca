import Foundation

/// Times as text, to the millisecond and in UTC. Other ways to write a `Date` cut off where it should be rounded, so that
/// a time that is read and written again would become earlier.
public enum Timestamp {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// `2026-11-29T14:05:00.000Z`.
    public static func text(_ date: Date) -> String { text(date, "T", "Z") }

    /// `2026-11-29 14:05:00.000`, as SQLite's functions have it and the database keeps it.
    static func column(_ date: Date) -> String { text(date, " ", "") }

    /// - Returns: nil when the text is no time as `text` writes them.
    static func date(_ text: String) -> Date? { try? style.parse(text) }

    private static func text(_ date: Date, _ separator: String, _ zone: String) -> String {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
        let fraction = (milliseconds % 1000 + 1000) % 1000
        var seconds = time_t((milliseconds - fraction) / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let day = String(format: "%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
        let time = String(format: "%02d:%02d:%02d.%03d", parts.tm_hour, parts.tm_min, parts.tm_sec, Int32(fraction))
        return day + separator + time + zone
    }
}
