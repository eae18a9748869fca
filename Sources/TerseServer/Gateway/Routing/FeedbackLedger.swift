import Synchronization
import TerseOperations

/// Which variant gave the latest answers, and to whom, so that they can be rated.
final class FeedbackLedger: Sendable {
    /// An answer that may be rated.
    struct Entry: Sendable {
        let desk: RouteDesk
        /// The decision's.
        let number: Int
        let features: RequestFeatures
        let variant: String
        /// Who asked.
        let tenant: UInt32
        var isRated = false
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// In the order in which they came, from `next` on and round.
        var order: [String] = []
        var next = 0
    }

    private let state = Mutex(State())
    private let countMax: Int

    static let countMaxDefault = 4096

    init(countMax: Int = countMaxDefault) { self.countMax = countMax }

    /// What is the same in all spellings of a response's id: `chatcmpl-1f` and `resp_1f` are of one answer.
    static func name(of id: String) -> String {
        String(id[(id.lastIndex { $0 == "-" || $0 == "_" }.map(id.index(after:)) ?? id.startIndex)...])
    }

    func add(_ id: String, _ entry: Entry) {
        let name = Self.name(of: id)
        state.withLock { state in
            guard state.entries.updateValue(entry, forKey: name) == nil else { return }
            guard state.order.count == countMax else { return state.order.append(name) }
            state.entries[state.order[state.next]] = nil
            state.order[state.next] = name
            state.next = (state.next + 1) % countMax
        }
    }

    /// Marks an answer as rated.
    /// - Returns: what the ledger has of it.
    /// - Throws: `APIError`: 404 for one that is not there, or another's; 409 for one that was rated.
    func rate(_ id: String, by tenant: UInt32) throws(APIError) -> Entry {
        let name = Self.name(of: id)
        let entry: Entry? = state.withLock { state in
            guard let entry = state.entries[name], entry.tenant == tenant else { return nil }
            state.entries[name]?.isRated = true
            return entry
        }
        guard let entry else {
            throw APIError(
                .notFound, .invalidRequest,
                "id: expected that of one of the latest answers to your requests to a route, found "
                    + "\"\(id.prefix(APILimits.nameLengthMax))\"", parameter: "id", code: "answer_not_found")
        }
        guard !entry.isRated else {
            throw APIError(
                .conflict, .invalidRequest, "id: expected an answer that was not rated yet", parameter: "id",
                code: "already_rated")
        }
        return entry
    }
}
