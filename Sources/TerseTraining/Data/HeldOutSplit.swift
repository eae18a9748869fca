import TerseModel

/// Which documents of a dataset are learned from and which are kept aside to evaluate on: whole documents, drawn by a seed.
struct HeldOutSplit: Sendable, Equatable {
    /// Indices of documents, ascending.
    let training: [Int]
    let heldOut: [Int]

    /// Draws documents until they have `fraction` of the ids; at least one, and never all.
    /// - Throws: `TrainingError` (`invalid`) when `fraction` is not in 0..<1 or there are not two documents to part.
    init(_ dataset: TokenDataset, fraction: Double, seed: UInt64) throws(TrainingError) {
        guard fraction >= 0, fraction < 1 else {
            throw TrainingError(.invalid, "held-out fraction \(fraction): expected 0 or more and less than 1")
        }
        let count = dataset.documentEnds.count
        guard fraction > 0 else {
            (training, heldOut) = (Array(0..<count), [])
            return
        }
        guard count > 1 else {
            throw TrainingError(
                .invalid, "\(dataset.path): one document cannot be parted; name held-out files or set the fraction to 0"
            )
        }
        var random = RandomSource(seed: seed)
        var order = Array(0..<count)
        random.shuffle(&order)
        var (taken, ids) = (0, 0)
        while taken < count - 1, taken == 0 || Double(ids) < fraction * Double(dataset.count) {
            ids += dataset.range(ofDocument: order[taken]).count
            taken += 1
        }
        heldOut = order[..<taken].sorted()
        training = order[taken...].sorted()
    }
}
