import Foundation

/// Lines of a trace, decoded strictly.
enum TraceLine {
    /// The first line.
    struct Profiles: Codable { let profiles: [VariantProfile] }

    /// What may stand beside the answers in place of features.
    private struct Prompt: Decodable {
        let time: Double
        let prompt: String
        let promptTokens: Int?
        let outputTokensMax: Int?
        let outputTokens: Int
        let answers: [String: TracedAnswer]

        enum CodingKeys: String, CodingKey, CaseIterable {
            case time, prompt
            case promptTokens = "prompt_tokens"
            case outputTokensMax = "output_tokens_max"
            case outputTokens = "output_tokens"
            case answers
        }
    }

    static func profiles(_ line: Data) throws(RoutingError) -> [VariantProfile] {
        let members = try object(line)
        try check(members, ["profiles"], "")
        for profile in members["profiles"] as? [[String: Any]] ?? [] {
            try check(profile, VariantProfile.CodingKeys.allCases.map(\.rawValue), "profiles: ")
        }
        return try decode(Profiles.self, line).profiles
    }

    static func request(_ line: Data) throws(RoutingError) -> TracedRequest {
        let members = try object(line)
        let answers = members["answers"] as? [String: Any] ?? [:]
        for (variant, answer) in answers.sorted(by: { $0.key < $1.key }) {
            let known = TracedAnswer.CodingKeys.allCases.map(\.rawValue)
            try check(answer as? [String: Any] ?? [:], known, "answers: \(variant): ")
        }
        guard members["prompt"] == nil else { return try prompted(line, members) }
        try check(members, TracedRequest.CodingKeys.allCases.map(\.rawValue), "")
        let features = members["features"] as? [String: Any] ?? [:]
        try check(features, RequestFeatures.CodingKeys.allCases.map(\.rawValue), "features: ")
        for (name, keys) in [
            ("traits", TextTraits.CodingKeys.allCases.map(\.rawValue)),
            ("objectives", ServiceObjectives.CodingKeys.allCases.map(\.rawValue)),
        ] {
            try check(features[name] as? [String: Any] ?? [:], keys, "features: \(name): ")
        }
        return try decode(TracedRequest.self, line)
    }

    private static func prompted(_ line: Data, _ members: [String: Any]) throws(RoutingError) -> TracedRequest {
        try check(members, Prompt.CodingKeys.allCases.map(\.rawValue), "")
        let read = try decode(Prompt.self, line)
        let features = RequestFeatures(
            texts: [read.prompt], promptTokens: read.promptTokens, outputTokensMax: read.outputTokensMax)
        return TracedRequest(
            time: read.time, features: features, outputTokens: read.outputTokens, answers: read.answers)
    }

    private static func object(_ line: Data) throws(RoutingError) -> [String: Any] {
        do {
            guard let members = try JSONSerialization.jsonObject(with: line) as? [String: Any] else {
                throw RoutingError("expected an object, found another value")
            }
            return members
        } catch let error as RoutingError { throw error } catch {
            throw RoutingError("expected JSON, found what is none")
        }
    }

    private static func check(_ members: [String: Any], _ known: [String], _ place: String) throws(RoutingError) {
        if let name = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw RoutingError("\(place)\(name): expected one of \(known), found a member that nobody knows")
        }
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ line: Data) throws(RoutingError) -> Value {
        do { return try JSONDecoder().decode(type, from: line) } catch let error as DecodingError {
            throw RoutingError(description(error))
        } catch { throw RoutingError("\(error)") }
    }

    private static func description(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            let names = (context.codingPath + (last.map { [$0] } ?? [])).map {
                $0.intValue.map(String.init) ?? $0.stringValue
            }
            return names.joined(separator: ": ")
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context, key)): expected it, found no such member"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            return "\(place(context)): expected \(type), found another value"
        case .dataCorrupted(let context): return "\(place(context)): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}
