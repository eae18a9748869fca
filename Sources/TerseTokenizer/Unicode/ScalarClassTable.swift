/// The class of every scalar of the first two planes in one table of 128 KiB, filled at first use. Scalars beyond them
/// are rare enough to ask the standard library each time.
// Written in init only; never freed, as it lives as long as the program.
final class ScalarClassTable: @unchecked Sendable {
    static let shared = ScalarClassTable()

    static let tableCount = 0x20000
    let classes: UnsafePointer<ScalarClass>

    private init() {
        let table = UnsafeMutablePointer<ScalarClass>.allocate(capacity: Self.tableCount)
        for value in 0..<Self.tableCount {
            (table + value).initialize(to: Unicode.Scalar(UInt32(value)).map(ScalarClass.init) ?? [])
        }
        classes = UnsafePointer(table)
    }

    deinit { classes.deallocate() }

    static func classBeyondTable(_ value: UInt32) -> ScalarClass {
        Unicode.Scalar(value).map(ScalarClass.init) ?? []
    }
}
