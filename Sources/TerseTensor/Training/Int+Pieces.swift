extension Int {
    /// How many pieces of at most `size` make up so many elements.
    func pieces(of size: Int) -> Int { (self + size - 1) / size }
}
