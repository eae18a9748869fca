/// Something that was done to a model.
public struct HistoryEntry: Sendable {
    /// What it was.
    public enum Event: String, Sendable {
        case modelAdded = "model added"
        case versionAdded = "version added"
        case variantAdded = "variant added"
        case variantRemoved = "variant removed"
        case aliasSet = "alias set"
        case aliasCleared = "alias cleared"
        case aliasRolledBack = "alias rolled back"
        case retentionSet = "rollback depth set"
        case profileRecorded = "profile recorded"
        case rolloutBegun = "rollout begun"
        case rolloutSplit = "rollout split"
        case rolloutProbed = "rollout probed"
        case rolloutPaused = "rollout paused"
        case rolloutResumed = "rollout resumed"
        case rolloutPromoted = "rollout promoted"
        case rolloutRolledBack = "rollout rolled back"
        case rolloutAborted = "rollout aborted"
        case deploymentBegun = "deployment begun"
        case deploymentAccepted = "deployment accepted"
        case deploymentRefused = "deployment refused"
        case deploymentTuned = "deployment tuned"
        case deploymentRolledOut = "deployment rolled out"
        case deploymentLive = "deployment live"
        case deploymentFailed = "deployment failed"
        case deploymentWithdrawn = "deployment withdrawn"
    }

    public let model: String
    public let event: Event
    public let version: Int?
    public let variant: String?
    public let alias: String?
    /// What else there is to say: the depth, the host, the candidate's share of conversations, the deployment.
    public let detail: String?
    public let made: Record
}
