import Synchronization

/// The right to carry something out or to find it again, held until it is given back, nobody has it any more, or the
/// process ends.
public final class Lease: Sendable {
    private let lock: Mutex<FileLock?>

    init(_ lock: consuming FileLock) { self.lock = Mutex(lock) }

    /// Gives it back, whoever else still has this object.
    public func release() { lock.withLock { $0 = nil } }
}
