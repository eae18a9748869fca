import Foundation

extension ServerProcess {
    /// A worker's process.
    struct Worker {
        let id: pid_t
        let arguments: [String]

        /// The file that it serves.
        var path: String { arguments[2] }
        /// What clients call the model.
        var name: String? {
            let option = "--name="
            return arguments.first { $0.hasPrefix(option) }.map { String($0.dropFirst(option.count)) }
        }
    }

    /// Those that are running now.
    var workers: [Worker] {
        let gateway = "\(process.processIdentifier)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let id = pid_t(name), let status = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
                let end = status.lastIndex(of: ")"),
                status[end...].split(separator: " ").dropFirst(2).first.map(String.init) == gateway,
                let line = try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8)
            else { return nil }
            let words = line.split(separator: "\0").map(String.init)
            return words.count > 2 && words[1] == "worker" ? Worker(id: id, arguments: words) : nil
        }
    }
}
