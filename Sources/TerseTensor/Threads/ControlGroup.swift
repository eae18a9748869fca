/// The control groups that the process is in: its own and those above it, any of which may limit it.
enum ControlGroup {
    enum Version {
        case one
        case two
    }

    /// Folders of the groups, as far as a controller of version 1 (`cpu`, `memory`) or the one hierarchy of version 2 has
    /// such. In a container the group's path may not exist below the mount, the mount itself does.
    /// - Parameter root: what stands before `/proc` and `/sys`.
    static func folders(of controller: String, root: String) -> [(path: String, version: Version)] {
        var found: [(path: String, version: Version)] = []
        for line in KernelFile.text(root + "/proc/self/cgroup").split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let controllers = fields[1].split(separator: ",")
            if controllers.isEmpty {
                found += ancestors(fields[2], below: root + "/sys/fs/cgroup").map { ($0, .two) }
            } else if controllers.contains(Substring(controller)) {
                // Those that share a hierarchy are mounted under all their names, in either order, or under one.
                for mount in [String(fields[1]), controllers.reversed().joined(separator: ","), controller] {
                    found += ancestors(fields[2], below: root + "/sys/fs/cgroup/" + mount).map { ($0, .one) }
                }
            }
        }
        return found
    }

    /// `mount` and every folder of `path` below it.
    private static func ancestors(_ path: Substring, below mount: String) -> [String] {
        var folders = [mount]
        for part in path.split(separator: "/") where part != ".." { folders.append(folders.last! + "/" + part) }
        return folders
    }
}
