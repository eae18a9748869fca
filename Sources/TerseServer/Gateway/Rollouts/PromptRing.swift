import Synchronization

/// The latest requests of a model, kept in memory to be repeated; none unless somebody wants that.
final class PromptRing: Sendable {
    private let countMax: Int
    private let requests = Mutex<(kept: [TrialRequest], next: Int)>(([], 0))

    init(countMax: Int) { self.countMax = countMax }

    var isWanted: Bool { countMax > 0 }

    func keep(_ request: TrialRequest) {
        guard isWanted else { return }
        requests.withLock { ring in
            if ring.kept.count < countMax { ring.kept.append(request) } else { ring.kept[ring.next] = request }
            ring.next = (ring.next + 1) % countMax
        }
    }

    /// Those that are kept, in no order.
    var all: [TrialRequest] { requests.withLock { $0.kept } }
}
