import Foundation
import TerseChat
import TerseJSON
import TestSupport
import Testing

enum Fixtures {
    static let folder = URL(filePath: TestData.fixture(""))

    /// The chat templates of the test data; they are not part of the repository.
    static let templates = URL(filePath: TestData.path("tokenizers/chat-templates"))

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue.parse(Data(contentsOf: folder.appending(path: name)))
    }

    /// The moment at which fixtures were rendered, moved so that local time here reads as UTC did there.
    static let now: Date = {
        let moment = Date(timeIntervalSince1970: 1_753_500_000)
        return moment.addingTimeInterval(-TimeInterval(TimeZone.current.secondsFromGMT(for: moment)))
    }()

    /// A template's text without a conversation.
    static func render(_ source: String, limits: TemplateLimits = .standard, _ extra: [String: JSONValue] = [:]) throws
        -> String
    {
        try ChatTemplate(source: source, limits: limits).render([], addGenerationPrompt: false, extra: extra, now: now)
    }
}
