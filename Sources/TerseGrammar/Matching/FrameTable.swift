/// Stacks that share their lower parts: each frame says where to go on when a rule ends, and what lies below it.
///
/// Equal stacks are one frame, so that stacks are compared by number. Frames are taken back in the order opposite to that
/// in which they were made.
struct FrameTable: Sendable {
    /// The bottom: below it the text ends.
    static let bottom: Int32 = 0
    /// A bottom below which something unknown lies.
    static let unknown: Int32 = 1

    private struct Frame: Sendable {
        var next: Int32
        var parent: Int32
        var depth: Int32
        var lastChild: Int32
        /// The child of the same parent that was made before.
        var sibling: Int32
    }

    private var frames: [Frame]

    init() {
        let ground = Frame(next: -1, parent: -1, depth: 0, lastChild: -1, sibling: -1)
        frames = [ground, ground]
    }

    var count: Int { frames.count }

    func next(_ frame: Int32) -> Int32 { frames[Int(frame)].next }
    func parent(_ frame: Int32) -> Int32 { frames[Int(frame)].parent }
    func depth(_ frame: Int32) -> Int32 { frames[Int(frame)].depth }

    /// The frame that says `next`, on `parent`. `steps` grows by how many frames were looked at.
    mutating func push(_ next: Int32, on parent: Int32, _ steps: inout Int) -> Int32 {
        var child = frames[Int(parent)].lastChild
        while child >= 0 {
            steps += 1
            if frames[Int(child)].next == next { return child }
            child = frames[Int(child)].sibling
        }
        return append(next, on: parent)
    }

    private mutating func append(_ next: Int32, on parent: Int32) -> Int32 {
        let number = Int32(frames.count)
        frames.append(
            Frame(
                next: next, parent: parent, depth: frames[Int(parent)].depth + 1, lastChild: -1,
                sibling: frames[Int(parent)].lastChild))
        frames[Int(parent)].lastChild = number
        return number
    }

    /// Takes back all frames from number `count` on.
    mutating func truncate(to count: Int) {
        while frames.count > count {
            let frame = frames.removeLast()
            frames[Int(frame.parent)].lastChild = frame.sibling
        }
    }

    /// Lets go of all frames but the given ones and those below them.
    /// - Returns: the new number of each old frame that is kept.
    mutating func compact(keeping tops: some Sequence<Int32>) -> [Int32] {
        var isKept = [Bool](repeating: false, count: frames.count)
        for top in tops {
            var frame = top
            while frame > Self.unknown, !isKept[Int(frame)] {
                isKept[Int(frame)] = true
                frame = frames[Int(frame)].parent
            }
        }
        var fresh = FrameTable()
        var numbers = [Int32](repeating: -1, count: frames.count)
        (numbers[Int(Self.bottom)], numbers[Int(Self.unknown)]) = (Self.bottom, Self.unknown)
        // A frame stands after its parent.
        for (frame, isKept) in isKept.enumerated() where isKept {
            numbers[frame] = fresh.append(frames[frame].next, on: numbers[Int(frames[frame].parent)])
        }
        self = fresh
        return numbers
    }
}
