/// The right to carry out a model's rollouts, held until nobody has it any more or the process ends.
public final class RolloutLease: Sendable {
    private let lock: FileLock

    init(_ lock: consuming FileLock) { self.lock = lock }
}
