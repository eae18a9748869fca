import Foundation

/// Times as text: `2026-11-29T14:05:00.000Z`.
public enum Timestamp {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// In UTC, to the millisecond.
    public static func text(_ date: Date) -> String { style.format(date) }

    /// - Returns: nil when the text is no time of this form.
    static func date(_ text: String) -> Date? { try? style.parse(text) }
}
