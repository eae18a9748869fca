/// Who serves a request during a rollout.
public enum RolloutGroup: String, Sendable, Codable {
    /// The live variant; not compared.
    case stable
    /// The live variant, for as large a share as the candidate's.
    case control
    case candidate
}

/// Which conversations a candidate and its control group get.
///
/// Whoever has the candidate keeps it while the share grows.
public struct TrafficSplit: Sendable, Equatable {
    /// The candidate's share, 0 … 0.5, or 1: everything.
    public let weight: Double

    public init(weight: Double) { self.weight = weight }

    /// - Parameter conversation: whatever stays the same within one.
    public func group(of conversation: String) -> RolloutGroup {
        let place = Self.place(of: conversation)
        if place < weight { return .candidate }
        return place >= 1 - weight ? .control : .stable
    }

    /// 0 ..< 1, evenly spread and the same in every process: FNV-1a, its bits mixed as SplitMix64 does.
    private static func place(of text: String) -> Double {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((hash ^ (hash >> 31)) >> 11) * 0x1p-53
    }
}
