import Dispatch
import Synchronization
import TerseGrammar
import TerseTokenizer

/// Grammars compiled for one vocabulary, kept for requests that ask for the same.
final class GrammarStore: Sendable {
    private struct State {
        var grammars: [OutputRule: TerseGrammar.TokenConstraint] = [:]
        /// Least recently used first.
        var order: [OutputRule] = []
    }

    /// Grammars that are kept.
    static let grammarsMax = 64

    private let trie: TokenTrie
    private let state = Mutex(State())
    /// Compiling may take seconds, which Swift's own threads do not have.
    private let queue = DispatchQueue(label: "terse-grammars")

    init(_ tokenizer: Tokenizer) {
        let tokens = (0..<Int32(tokenizer.vocabularySize)).map { id in
            tokenizer.definition.kinds[Int(id)].isText ? tokenizer.piece(id) : []
        }
        trie = TokenTrie(tokens: tokens, endOfText: tokenizer.endOfTextIDs)
    }

    /// - Throws: `APIError` (400) naming the keyword that cannot be enforced, or the line of the grammar.
    func constraint(_ rule: OutputRule) async throws(APIError) -> GrammarConstraint {
        let grammar: TerseGrammar.TokenConstraint
        if let known = kept(rule) {
            grammar = known
        } else {
            let result: Result<TerseGrammar.TokenConstraint, GrammarError> = await withCheckedContinuation { done in
                queue.async { [trie] in
                    done.resume(
                        returning: Result { () throws(GrammarError) in
                            TerseGrammar.TokenConstraint(try CompiledGrammar(try rule.grammar()), trie)
                        })
                }
            }
            do throws(GrammarError) { grammar = try result.get() } catch { throw rule.refusal(error) }
            keep(grammar, rule)
        }
        do throws(GrammarError) { return try GrammarConstraint(grammar) } catch { throw rule.refusal(error) }
    }

    private func kept(_ rule: OutputRule) -> TerseGrammar.TokenConstraint? {
        state.withLock { state in
            guard let grammar = state.grammars[rule] else { return nil }
            state.order.removeAll { $0 == rule }
            state.order.append(rule)
            return grammar
        }
    }

    private func keep(_ grammar: TerseGrammar.TokenConstraint, _ rule: OutputRule) {
        state.withLock { state in
            if state.grammars.updateValue(grammar, forKey: rule) == nil { state.order.append(rule) }
            if state.order.count > Self.grammarsMax { state.grammars[state.order.removeFirst()] = nil }
        }
    }
}

extension TokenKind {
    /// Whether a token of this kind is part of a text: what is skipped when tokens become text must not stand in one.
    fileprivate var isText: Bool { self != .control && self != .unknown && self != .unused }
}
