import TerseJSON

/// What went wrong while a profile or a tuning was made, or read.
public struct ProfilingError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// Too little text for an interval.
        case tooShort
        /// A result that is no number.
        case badResult
        /// A stored tuning that is none.
        case badTuning
        /// A tuning could not be written or read.
        case file
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// A member of a stored tuning that is not what it must be.
    static func badMember(_ key: String, _ expected: String, _ found: JSONValue?) -> ProfilingError {
        let text = found.map { String($0.serialized().prefix(foundTextMax)) } ?? "nothing"
        return ProfilingError(.badTuning, "\(key): expected \(expected), found \(text)")
    }

    /// Characters of what was found that a message has.
    private static let foundTextMax = 80
}
