/// The right to carry something out, held until nobody has it any more or the process ends.
public final class Lease: Sendable {
    private let lock: FileLock

    init(_ lock: consuming FileLock) { self.lock = lock }
}
