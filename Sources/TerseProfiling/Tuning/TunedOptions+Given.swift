import TerseEngine

extension TunedOptions {
    /// What is left of a tuning beside options that somebody gave, which count more: a place is one for a number of threads,
    /// and steps must have room for the requests that run.
    public func yielding(to given: TunedOptions) -> TunedOptions {
        var left = self
        if given.threads != nil || given.processors != nil { (left.threads, left.processors) = (nil, nil) }
        if given.instructionSet != nil { left.instructionSet = nil }
        if given.kvType != nil { left.kvType = nil }
        if given.stepTokens != nil { left.stepTokens = nil }
        if given.runningMax != nil { left.runningMax = nil }
        if let running = given.runningMax, let step = left.stepTokens, running > step { left.stepTokens = nil }
        if let step = given.stepTokens, let running = left.runningMax, running > step { left.runningMax = nil }
        return left
    }
}
