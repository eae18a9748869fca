import TerseTensor

/// A part of an arena, planned before there is memory.
struct Region: Sendable {
    /// Elements from the arena's start.
    let offset: Int
    let count: Int
}

/// The regions of an arena to be: layers ask for theirs, then the memory is taken once.
struct ArenaPlan {
    private(set) var count = 0

    /// Elements between the starts of regions: 64 bytes of float32.
    private static let alignment = 16

    /// A region of [rows, columns].
    mutating func reserve(_ rows: Int, _ columns: Int = 1) -> Region {
        let region = Region(offset: count, count: rows * columns)
        count += region.count.roundedUp(to: Self.alignment)
        return region
    }
}

/// The activations of a model in training: one allocation, every buffer a region of it.
struct Arena<Scalar: TrainingScalar> {
    private let memory: AlignedBuffer<Scalar>

    /// - Throws: `TrainingError` (`system`) with the size.
    init(_ plan: ArenaPlan) throws(TrainingError) {
        do { memory = try AlignedBuffer(count: plan.count) } catch {
            throw TrainingError(.system, "activations: \(error.message); use fewer or shorter windows")
        }
    }

    var byteCount: Int { memory.byteCount }

    /// Valid while the arena lives.
    subscript(_ region: Region) -> UnsafeMutablePointer<Scalar> { memory.pointer + region.offset }
}
