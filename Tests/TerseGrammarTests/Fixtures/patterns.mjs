// Makes patterns.json: node patterns.mjs > patterns.json
// Random regular expressions and random texts, and whether V8's RegExp with the u flag finds the one in the other.
// Each entry is [pattern, [text, …], "matches as 0 and 1"].
let state = 12345n;
const next = (bound) => {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return Number((state >> 33n) % BigInt(bound));
};
const pick = (items) => items[next(items.length)];
const atoms = ["a", "b", "c", "1", "-", " ", "é", "😀", ".", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\n", "\\.", "\\x61",
  "\\u0062", "\\u{1F600}", "\\ud83d\\ude00", "[abc]", "[^a]", "[a-c1-3]", "[^\\d\\s]", "[\\w-]", "[-a]", "[\\]\\\\]", "[é-ü]",
  "[^\\W]", "\\/", "\\t", "[\\b]", "\\cJ", "\\0", "[]", "[^]"];
const quantifiers = ["", "", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?", "{1,3}?", "??", "{0}"];
const term = (depth) => {
  const roll = next(10);
  if (roll === 0) return pick(["^", "$"]);
  if (depth < 3 && roll < 3) return pick(["(", "(?:", "(?<n" + next(100000) + ">"]) + body(depth + 1) + ")" + pick(quantifiers);
  return pick(atoms) + pick(quantifiers);
};
const sequence = (depth) => Array.from({ length: next(4) + (depth ? 0 : 1) }, () => term(depth)).join("");
const body = (depth) => Array.from({ length: pick([1, 1, 1, 2, 3]) }, () => sequence(depth)).join("|");
const letters = ["a", "b", "c", "1", "2", "-", " ", "é", "😀", ".", "\n", "\t", "/", "]", "\\", "_", "A", "\b", "\0", "٣"];
const text = () => Array.from({ length: next(7) }, () => pick(next(3) ? letters.slice(0, 6) : letters)).join("");
const entries = [];
while (entries.length < 300) {
  let pattern = body(0);
  if (next(3) === 0) pattern = "^(?:" + pattern + ")$";
  let expression;
  try { expression = new RegExp(pattern, "u"); } catch { continue; }
  const texts = Array.from({ length: 12 }, text);
  entries.push([pattern, texts, texts.map((one) => (expression.test(one) ? "1" : "0")).join("")]);
}
console.log("[\n" + entries.map((entry) => JSON.stringify(entry)).join(",\n") + "\n]");
