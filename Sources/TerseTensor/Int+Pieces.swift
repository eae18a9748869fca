extension Int {
    /// How many pieces of at most `size` make up so many elements.
    public func pieces(of size: Int) -> Int { self / size + (self % size == 0 ? 0 : 1) }

    /// The least multiple of `size` that is no less.
    public func roundedUp(to size: Int) -> Int { pieces(of: size) * size }
}
