import Foundation

/// Numbers with units, as people read them.
enum Quantity {
    /// `812 B`, `1.34 MiB`, `18.2 GiB`: three figures.
    static func bytes(_ count: Int) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count)
        var unit = "B"
        for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
            value /= 1024
            unit = next
        }
        return "\(figures(value)) \(unit)"
    }

    /// `23.4 GB/s`: decimal, as memory bandwidths are given.
    static func bandwidth(_ bytesPerSecond: Double) -> String { "\(figures(bytesPerSecond / 1e9)) GB/s" }

    /// `950 ms`, `12.3 s`, `4 min 05 s`, `1 h 02 min`.
    static func seconds(_ seconds: Double) -> String {
        switch seconds {
        case ..<1: return "\(figures(seconds * 1000)) ms"
        case ..<60: return "\(figures(seconds)) s"
        case ..<3600: return String(format: "%d min %02d s", Int(seconds) / 60, Int(seconds) % 60)
        default: return String(format: "%d h %02d min", Int(seconds) / 3600, Int(seconds) / 60 % 60)
        }
    }

    /// `260.0 K`, `1.24 B`: counts of parameters.
    static func count(_ count: Int) -> String {
        switch count {
        case ..<10_000: "\(count)"
        case ..<1_000_000: "\(figures(Double(count) / 1e3)) K"
        case ..<1_000_000_000: "\(figures(Double(count) / 1e6)) M"
        default: "\(figures(Double(count) / 1e9)) B"
        }
    }

    /// A fixed number of decimals.
    static func decimals(_ value: Double, _ count: Int) -> String { String(format: "%.\(count)f", value) }

    /// Four significant figures, of large numbers all before the point: `0.01234`, `123.4`, `1844416`.
    static func significant(_ value: Double) -> String {
        value.magnitude < 1000 ? String(format: "%.4g", value) : String(format: "%.0f", value)
    }

    /// Three significant figures without an exponent.
    static func figures(_ value: Double) -> String {
        switch value.magnitude {
        case ..<10: String(format: "%.2f", value)
        case ..<100: String(format: "%.1f", value)
        default: String(format: "%.0f", value)
        }
    }
}
