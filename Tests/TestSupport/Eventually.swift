/// Waits until something is so that another thread or process brings about. The limit is for what never comes, not for
/// slow machines.
/// - Returns: False when it did not come.
public func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(600)
    while true {
        if try await condition() { return true }
        if ContinuousClock.now > deadline { return false }
        try? await Task.sleep(for: .milliseconds(5))
    }
}
