import TerseJSON

/// The kind of host that a tuning is good for: processor, instruction set, caches, memory, and which processors this process
/// may use, with how they lie together.
public struct TuningHost: Sendable, Equatable {
    /// Always spelled alike.
    public let json: JSONValue

    /// This host.
    public static var current: TuningHost { TuningHost(.current, .current) }

    init(_ description: HostDescription, _ topology: Topology) {
        json = ["description": description.json, "processors": topology.json]
    }

    init(json: JSONValue) { self.json = json }

    /// Numbers may be written in two ways, and are equal when they are written alike.
    public static func == (left: TuningHost, right: TuningHost) -> Bool {
        left.json.serialized() == right.json.serialized()
    }

    /// Names the host in files' names.
    var key: String { TuningStore.key(of: json) }

    /// In few words.
    public var text: String {
        let description = json["description"]
        let name = description?["processor"]?.stringValue ?? "an unknown processor"
        let count = description?["logical_processors"]?.intValue ?? 0
        return "\(name.prefix(Self.nameMax)), \(count) processors in reach, "
            + "\(description?["memory_gib"]?.intValue ?? 0) GiB"
    }

    /// Characters of a processor's name that are shown.
    private static let nameMax = 80
}
