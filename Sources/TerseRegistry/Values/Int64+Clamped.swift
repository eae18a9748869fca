extension Int64 {
    /// The sum, or the largest number where it is larger: a damaged record may hold any size.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, isTooLarge) = addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }
}
