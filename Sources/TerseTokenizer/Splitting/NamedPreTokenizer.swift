/// The pre-tokenisations that go by a name in GGUF files (`tokenizer.ggml.pre`), with what a file takes for granted
/// together with the name.
public struct NamedPreTokenizer: Sendable, Equatable {
    public let steps: [PreTokenizationStep]
    /// A word that is a token needs no merges.
    public private(set) var ignoresMerges = false
    /// The beginning-of-text token is added unless the file says otherwise.
    public private(set) var addsBOS = false
    /// The separator token is added unless the file says otherwise.
    public private(set) var addsSeparator = false

    private init(_ steps: [PreTokenizationStep]) { self.steps = steps }

    private init(_ pattern: SplitPattern) { self.init([.isolate(pattern)]) }

    /// What `name` stands for.
    /// - Throws: `TokenizerError` (`unsupported`) that lists the known names.
    public static func named(_ name: String) throws(TokenizerError) -> NamedPreTokenizer {
        guard let found = table[name] else {
            throw TokenizerError(
                .unsupported,
                "tokenizer.ggml.pre: pre-tokenizer \"\(name)\" is not known; known are \(names.joined(separator: ", "))"
            )
        }
        return found
    }

    /// All known names.
    public static var names: [String] { table.keys.sorted() }

    /// The preferred name of these steps, if they have one.
    public static func name(of steps: [PreTokenizationStep], ignoresMerges: Bool) -> String? {
        // DeepSeek LLM's vocabulary has no token of several digits: it is all one where they are cut.
        if steps == Array(deepSeekLLM.steps.prefix(5)) + [.isolate(.each(.number))] { return "deepseek-llm" }
        let named = preferredNames.filter { table[$0]?.steps == steps }
        return named.first { table[$0]?.ignoresMerges == ignoresMerges } ?? named.first
    }

    /// One name for each different entry, the first for what models are usually written with.
    private static let preferredNames = [
        "gpt-2", "llama-bpe", "dbrx", "qwen2", "starcoder", "falcon", "deepseek-llm", "deepseek-coder", "deepseek-v3",
        "tekken", "gpt-4o", "bloom", "viking", "qwen35", "seed-coder", "ufakzeka", "laguna", "minicpm5", "superbpe",
        "kimi-k2", "default",
    ]

    private static let table: [String: NamedPreTokenizer] = {
        var table: [String: NamedPreTokenizer] = [:]
        for (names, entry) in groups {
            for name in names { table[name] = entry }
        }
        return table
    }()

    private static let groups: [([String], NamedPreTokenizer)] = [
        (["default"], fallback),
        (
            [
                "gpt-2", "phi-2", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "gigachat", "a.x-4.0", "mellum",
                "modern-bert", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4",
            ], NamedPreTokenizer(.gpt2)
        ),
        (["jina-v1-en", "jina-v2-code", "roberta-bpe"], NamedPreTokenizer(.gpt2).with { $0.addsSeparator = true }),
        (
            ["starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"],
            NamedPreTokenizer([.isolate(.each(.number)), .isolate(.gpt2)])
        ),
        (
            [
                "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
                "jina-v5-nano",
            ],
            NamedPreTokenizer(.words(WordRules())).with {
                $0.ignoresMerges = true
                $0.addsBOS = true
            }
        ),
        (["dbrx", "smaug-bpe", "chatglm-bpe"], NamedPreTokenizer(.words(WordRules()))),
        (["glm4", "glm5"], NamedPreTokenizer(.words(WordRules())).with { $0.ignoresMerges = true }),
        (
            [
                "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "stablelm2", "hunyuan", "solar-open", "megrez",
                "grok-2", "bailingmoe", "bailingmoe2", "llada-moe",
            ], NamedPreTokenizer(.words(WordRules(digitsMax: 1)))
        ),
        (["qwen35"], NamedPreTokenizer(.words(WordRules(lettersIncludeMarks: true, digitsMax: 1)))),
        (["seed-coder"], NamedPreTokenizer(.words(WordRules(digitsMax: 1, punctuationTail: .nothing)))),
        (["ufakzeka"], NamedPreTokenizer(.words(WordRules(contractions: false, digitsMax: 1)))),
        (["falcon"], falcon),
        (["deepseek-llm"], deepSeekLLM),
        (["deepseek-coder"], deepSeekCoder),
        (["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"], deepSeekV3),
        (["bloom", "poro-chat", "gpt3-finnish"], NamedPreTokenizer(bloom)),
        (["viking"], NamedPreTokenizer([.isolate(bloom), .isolate(.each(.number))])),
        (
            ["tekken"],
            NamedPreTokenizer(
                .casedWords(WordRules(contractions: false, digitsMax: 1, punctuationTail: .newlinesAndSlashes))
            ).with {
                $0.ignoresMerges = true
                $0.addsBOS = true
            }
        ),
        (["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"], gpt4o),
        (["granite-embed-multi-97m"], gpt4o.with { $0.ignoresMerges = true }),
        (["laguna"], NamedPreTokenizer([.isolate(.lines), .isolate(.words(WordRules(digitsMax: 1)))])),
        (["minicpm5"], miniCPM5),
        (["superbpe"], NamedPreTokenizer(.digitTriplesFromRight)),
        (["kimi-k2"], NamedPreTokenizer(.hanAndCasedWords)),
    ]

    private func with(_ change: (inout NamedPreTokenizer) -> Void) -> NamedPreTokenizer {
        var copy = self
        change(&copy)
        return copy
    }
}

extension NamedPreTokenizer {
    /// What stands for files that name no pre-tokenisation.
    private static let fallback = NamedPreTokenizer([
        .isolate(.all(.defaultPunctuation)), .isolate(.gpt2), .isolate(.all(.number)), .isolate(digitTriple),
    ])

    private static let falcon = NamedPreTokenizer([
        .isolate(.all(.punctuationOrASCIISymbol)), .isolate(.gpt2), .isolate(digitTriple),
    ])

    /// `[0-9][0-9][0-9]`
    private static let digitTriple = SplitPattern.run(.asciiDigit, minimum: 3, maximum: 3, after: .nothing)

    private static let deepSeekLLM = NamedPreTokenizer([
        .isolate(.each(.newline)),
        .isolate(.run(.deepSeekLetter, minimum: 1, maximum: .max, after: .whitespace)),
        .isolate(.run(.deepSeekPunctuation, minimum: 1, maximum: .max, after: .whitespace)),
        .isolate(.trailingSpace), .isolate(.all(.deepSeekCJK)), .isolate(.all(.number)),
    ])

    private static let deepSeekCoder = NamedPreTokenizer([
        .isolate(.each(.newline)),
        .isolate(.run(.letter, minimum: 1, maximum: .max, after: .whitespace)),
        .isolate(.run(.punctuation, minimum: 1, maximum: .max, after: .whitespace)),
        .isolate(.all(.deepSeekCJK)), .isolate(.each(.number)),
    ])

    private static let deepSeekV3 = NamedPreTokenizer([
        .isolate(.run(.number, minimum: 1, maximum: 3, after: .nothing)), .isolate(.all(.deepSeekV3CJK)),
        .isolate(.punctuatedWords),
    ])

    /// `` ?[^(\s|.,!?…。，、।۔،)]+``
    private static let bloom = SplitPattern.run(.bloomWord, minimum: 1, maximum: .max, after: .space)

    private static let gpt4o = NamedPreTokenizer(.casedWords(WordRules(punctuationTail: .newlinesAndSlashes)))

    private static let miniCPM5 = NamedPreTokenizer([
        .isolate(.run(.number, minimum: 1, maximum: 3, after: .nothing)),
        .isolate(.words(WordRules(digitsMax: .max))),
    ]).with { $0.ignoresMerges = true }
}
