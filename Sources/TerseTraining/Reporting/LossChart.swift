import Foundation
import TerseTensor

/// Curves over the tokens of a run, as SVG.
struct LossChart {
    struct Curve {
        var name: String
        /// A CSS colour.
        var color: String
        /// Tokens and value.
        var points: [(x: Double, y: Double)]
        var isDotted = false
    }

    let title: String
    let unit: String
    let curves: [Curve]

    private static let (width, height) = (860.0, 320.0)
    private static let (left, right, top, bottom) = (64.0, 16.0, 34.0, 36.0)
    /// More points than a screen can show are thinned out.
    private static let pointsMax = 800

    /// The chart, or nil when there is nothing to draw.
    var svg: String? {
        let drawn = curves.map { ($0, Self.thinned($0.points.filter { $0.x.isFinite && $0.y.isFinite })) }
        let all = drawn.flatMap(\.1)
        guard let xMax = all.map(\.x).max(), let low = all.map(\.y).min(), let high = all.map(\.y).max() else {
            return nil
        }
        let (yMin, yMax) = low < high ? (low - (high - low) * 0.04, high + (high - low) * 0.04) : (low - 1, high + 1)
        let (spanX, spanY) = (Self.width - Self.left - Self.right, Self.height - Self.top - Self.bottom)
        func x(_ value: Double) -> Double { Self.left + spanX * (xMax > 0 ? value / xMax : 0) }
        func y(_ value: Double) -> Double { Self.top + spanY * (yMax - value) / (yMax - yMin) }

        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.text(Self.width)) \(Self.text(Self.height))\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">",
            "<title>\(Self.escaped(title))</title>",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"\(Self.text(Self.left))\" y=\"20\" font-size=\"14\">\(Self.escaped(title)) (\(Self.escaped(unit)))</text>",
        ]
        for value in Self.ticks(yMin, yMax) {
            parts.append(
                "<path d=\"M\(Self.text(Self.left)) \(Self.text(y(value)))h\(Self.text(spanX))\" stroke=\"#ddd\"/><text x=\"\(Self.text(Self.left - 6))\" y=\"\(Self.text(y(value) + 4))\" text-anchor=\"end\">\(Self.label(value))</text>"
            )
        }
        for value in Self.ticks(0, xMax) {
            parts.append(
                "<text x=\"\(Self.text(x(value)))\" y=\"\(Self.text(Self.height - 14))\" text-anchor=\"middle\">\(Self.label(value))</text>"
            )
        }
        for (index, (curve, points)) in drawn.enumerated() where !points.isEmpty {
            let path = points.enumerated().map { "\($0 == 0 ? "M" : "L")\(Self.text(x($1.x))) \(Self.text(y($1.y)))" }
            parts.append(
                "<path d=\"\(path.joined())\" fill=\"none\" stroke=\"\(curve.color)\" stroke-width=\"1.5\"\(curve.isDotted ? " stroke-dasharray=\"5 3\"" : "")/>"
            )
            parts.append(
                "<text x=\"\(Self.text(Self.width - Self.right))\" y=\"\(20 + 16 * index)\" text-anchor=\"end\" fill=\"\(curve.color)\">\(Self.escaped(curve.name))</text>"
            )
        }
        return (parts + ["</svg>"]).joined(separator: "\n")
    }

    /// Means of neighbours, so that what is drawn is no denser than the screen.
    private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        let stride = points.count.pieces(of: pointsMax)
        guard stride > 1 else { return points }
        return Swift.stride(from: 0, to: points.count, by: stride).map { start in
            let group = points[start..<min(start + stride, points.count)]
            return (group.last!.x, group.reduce(0) { $0 + $1.y } / Double(group.count))
        }
    }

    /// Round numbers between the two, about five.
    private static func ticks(_ low: Double, _ high: Double) -> [Double] {
        guard high > low else { return [] }
        let rough = (high - low) / 5
        let magnitude = pow(10, floor(log10(rough)))
        let step = [1, 2, 5, 10].map { $0 * magnitude }.first { $0 >= rough } ?? rough
        return Array(stride(from: (low / step).rounded(.up) * step, through: high, by: step))
    }

    private static func label(_ value: Double) -> String {
        switch abs(value) {
        case 1e9...: trimmed(value / 1e9) + " G"
        case 1e6...: trimmed(value / 1e6) + " M"
        case 1e4...: trimmed(value / 1e3) + " k"
        default: trimmed(value)
        }
    }

    private static func trimmed(_ value: Double) -> String { String(format: "%.4g", value) }

    private static func text(_ value: Double) -> String { String(format: "%.1f", value) }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
