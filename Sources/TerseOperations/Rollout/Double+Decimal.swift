import Foundation

extension Double {
    /// In 15 digits at most, so as people write it: `60`, and `29` where 100 times 0.29 is a little less.
    var decimal: String { String(format: "%.15g", self) }
}
