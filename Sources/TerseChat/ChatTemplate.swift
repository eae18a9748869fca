import Foundation
import TerseJSON

/// A model's chat template: the Jinja program, kept with the model, that turns a conversation into the text that the model
/// was trained to go on from.
///
/// The interpreter has what chat templates use of Jinja 3, with the settings of Hugging Face's `apply_chat_template`:
/// sandboxed (lists and dictionaries cannot be changed), `trim_blocks`, `lstrip_blocks`, loop controls, `generation`
/// blocks, `raise_exception`, `strftime_now`, and `tojson` without HTML escapes. Cost is bounded by `TemplateLimits`.
public struct ChatTemplate: Sendable {
    public let source: String
    public let limits: TemplateLimits
    private let statements: [Statement]

    /// Parses a template.
    /// - Throws: `ChatError` (`syntax`, `unsupported`, `limitExceeded`) with the line.
    public init(source: String, limits: TemplateLimits = .standard) throws(ChatError) {
        self.source = source
        self.limits = limits
        statements = try Parser.parse(source, limits: limits)
    }

    /// How messages are given to the template.
    public enum MessageForm: Sendable, Equatable {
        /// Member by member as they are.
        case asGiven
        /// In the plainest form that says the same, which templates of all ages understand: parts that are all text as one
        /// string; arguments of tool calls as objects, or as strings when the template fails with objects.
        case plain
    }

    /// Renders a conversation.
    /// - Parameters:
    ///   - messages: the conversation.
    ///   - tools: an array of tools in the form of OpenAI's API, or nil.
    ///   - documents: an array of documents to answer from, or nil.
    ///   - addGenerationPrompt: whether the text ends with the beginning of the model's answer.
    ///   - bosToken: the text of the beginning-of-text token, where the tokenizer has one.
    ///   - eosToken: the text of the end-of-text token.
    ///   - extra: further variables for the template, such as `enable_thinking`. They win over those above.
    ///   - form: how messages are given to the template.
    ///   - now: what `strftime_now` takes for the time.
    /// - Throws: `ChatError`: `rendering`, `limitExceeded`, or `refused` when the template itself raises an exception.
    public func render(
        _ messages: [ChatMessage], tools: JSONValue? = nil, documents: JSONValue? = nil,
        addGenerationPrompt: Bool = true,
        bosToken: String? = nil, eosToken: String? = nil, extra: [String: JSONValue] = [:], form: MessageForm = .plain,
        now: Date = Date()
    ) throws(ChatError) -> String {
        var variables: [(String, JSONValue)] = [
            ("tools", tools ?? .null), ("documents", documents ?? .null),
            ("add_generation_prompt", .bool(addGenerationPrompt)),
        ]
        if let bosToken { variables.append(("bos_token", .string(bosToken))) }
        if let eosToken { variables.append(("eos_token", .string(eosToken))) }
        variables += extra.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let seconds = Int(now.timeIntervalSince1970.rounded(.down))
        guard form == .plain else { return try run(messages, variables, seconds) }
        let plain = messages.map(\.plain)
        do {
            return try run(plain, variables, seconds)
        } catch {
            guard error.code == .rendering, plain.contains(where: { !$0.toolCalls.isEmpty }) else { throw error }
            do {
                return try run(plain.map(\.withTextualArguments), variables, seconds)
            } catch let second {
                // What the template says to the form that it is usually given.
                throw second.code == .refused ? second : error
            }
        }
    }

    private func run(
        _ messages: [ChatMessage], _ variables: [(String, JSONValue)], _ seconds: Int
    ) throws(ChatError) -> String {
        let interpreter = Interpreter(limits: limits, now: seconds)
        var values: [(String, Value)] = [
            ("messages", try interpreter.value(of: .array(messages.map { .object($0.templateFields) })))
        ]
        for (name, value) in variables { values.append((name, try interpreter.value(of: value))) }
        return try interpreter.render(statements, values)
    }

    /// ChatML, for models that come without a template.
    public static let chatML: ChatTemplate = {
        let source = """
            {%- for message in messages -%}
            {{- '<|im_start|>' + message['role'] + '\\n' -}}
            {%- if message['content'] is string -%}
            {{- message['content'] -}}
            {%- elif message['content'] -%}
            {%- for part in message['content'] -%}{{- part['text'] -}}{%- endfor -%}
            {%- endif -%}
            {{- '<|im_end|>\\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
            {{- '<|im_start|>assistant\\n' -}}
            {%- endif -%}
            """
        do throws(ChatError) {
            return try ChatTemplate(source: source)
        } catch {
            preconditionFailure("the ChatML template is broken: \(error)")
        }
    }()
}
