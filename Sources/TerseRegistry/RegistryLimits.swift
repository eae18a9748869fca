/// The most that the registry takes of anything. Characters are Unicode scalars, as SQLite counts them.
public enum RegistryLimits {
    /// Characters in the name of a model, variant or alias.
    public static let nameCharactersMax = 100
    /// Characters that say who did something, or name a data set, metric or host.
    public static let authorCharactersMax = 200
    /// Characters that say why, or describe a version.
    public static let noteCharactersMax = 10_000
    /// Bytes of a recipe.
    public static let recipeBytesMax = 1 << 20
    /// Data sets, and metrics, of a version.
    public static let lineageEntriesMax = 1000
    /// The number of a version.
    public static let versionNumberMax = 1_000_000_000
    /// Files of a variant.
    public static let filesMax = 10_000
    /// Bytes in the path of a file within its variant.
    public static let pathBytesMax = 1000
    /// Bytes of a name between slashes in such a path: what file systems take.
    public static let pathPartBytesMax = 255
    /// Names between slashes in such a path.
    public static let pathDepthMax = 32
    /// Variants of a version.
    public static let variantsMax = 1000
    /// Aliases of a model, those that point to nothing now among them.
    public static let aliasesMax = 1000
    /// Versions of a model in an archive.
    public static let archiveVersionsMax = 100_000
    /// Bytes of an archive's manifest.
    public static let manifestBytesMax = 64 << 20
    /// Moves that a rollback may be asked to go back, one after the other.
    public static let rollbackDepthMax = 100
    /// The depth of rollback that files are kept for where a model states none.
    public static let rollbackDepthDefault = 3
    /// Figures of a profile.
    public static let figuresMax = 10_000
    /// Bytes of what is said of a profile's host.
    public static let hostDetailsBytesMax = 1 << 20
    /// Bytes of a rollout's plan.
    public static let rolloutPlanBytesMax = 1 << 16
    /// Bytes of what a rollout has come to.
    public static let rolloutStateBytesMax = 1 << 21
    /// Bytes of a deployment's spec.
    public static let specBytesMax = 1 << 16
    /// Bytes of the path of a spec's file.
    public static let sourceBytesMax = 4096
    /// Bytes of what is said of an event of a deployment.
    public static let detailsBytesMax = 1 << 18
    /// How long a process waits for what another one holds, in seconds.
    public static let waitSecondsMax = 60.0
}
