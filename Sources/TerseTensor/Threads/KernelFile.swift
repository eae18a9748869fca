import Foundation

/// What the kernel says in a file below `/proc` or `/sys`: nothing where the file is missing.
public enum KernelFile {
    /// Without the whitespace around it.
    public static func text(_ path: String) -> String {
        let data = FileManager.default.contents(atPath: path)
        return data.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
    }

    /// The numbers of a list such as `0-3,8`, in ascending order; none where it is damaged.
    public static func list(_ path: String) -> [Int] { ProcessorList(text(path))?.numbers ?? [] }
}
