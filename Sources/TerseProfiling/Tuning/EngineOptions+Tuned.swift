import TerseEngine
import TerseTensor

extension EngineOptions {
    /// Takes over what a tuning changed.
    public mutating func apply(_ options: TunedOptions) {
        if let threads = options.threads { self.threads = threads }
        if let processors = options.processors { placement = ThreadPlacement(processors) }
        if let step = options.stepTokens { limits.stepTokens = step }
        if let running = options.runningMax { limits.runningMax = running }
        if let type = options.kvType { kvType = type }
    }
}
