import ArgumentParser
import Foundation

/// A time as people and `date -Iseconds` write it: `2026-11-24 14:05`, `2026-11-24T14:05:00+01:00`.
struct PointInTime {
    let date: Date

    /// - Throws: `ValidationError` for anything else.
    init(argument: String) throws {
        guard let time = PointInTime(argument) else {
            throw ValidationError(
                "expected a time like 2026-11-24, \"2026-11-24 14:05\" or 2026-11-24T14:05:00+01:00, "
                    + "found \"\(argument.printable)\"")
        }
        self = time
    }

    /// The end of what was named is meant: what was live at 14:05 was so until 14:05:59.999. Without a zone the time is local.
    private init?(_ argument: String) {
        let form =
            #/(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,3})\d*)?)?)?\s?(Z|[+-]\d\d:?\d\d)?/#
        guard let match = argument.wholeMatch(of: form) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        guard let zone = Self.zone(match.8) else { return nil }
        calendar.timeZone = zone
        let numbers =
            [match.1, match.2, match.3].map { Int($0) } + [match.4, match.5, match.6].map { $0.flatMap { Int($0) } }
        var parts = DateComponents()
        (parts.year, parts.month, parts.day) = (numbers[0], numbers[1], numbers[2])
        (parts.hour, parts.minute, parts.second) = (numbers[3] ?? 23, numbers[4] ?? 59, numbers[5] ?? 59)
        guard parts.isValidDate(in: calendar), let start = calendar.date(from: parts) else { return nil }
        let digits = match.7.map { $0 + String(repeating: "0", count: 3 - $0.count) }
        let milliseconds = digits.flatMap { Double($0) } ?? 999
        date = start.addingTimeInterval(milliseconds / 1000)
    }

    private static func zone(_ text: Substring?) -> TimeZone? {
        guard let text else { return .current }
        guard text != "Z" else { return .gmt }
        let digits = text.filter(\.isNumber)
        guard let hours = Int(digits.prefix(2)), let minutes = Int(digits.suffix(2)), minutes < 60 else { return nil }
        return TimeZone(secondsFromGMT: (text.hasPrefix("-") ? -1 : 1) * (hours * 3600 + minutes * 60))
    }
}
