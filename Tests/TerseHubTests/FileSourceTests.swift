import Foundation
import Testing

@testable import TerseHub

@Suite struct FileSourceTests {
    static let sources: [(String, String, [String])] = [
        ("hf:o/n/f.gguf", "https://huggingface.co/o/n/resolve/main/f.gguf", ["o", "n", "f.gguf"]),
        ("hf:o/n@v1.0/a/f.gguf", "https://huggingface.co/o/n/resolve/v1.0/a/f.gguf", ["o", "n@v1.0", "a", "f.gguf"]),
        ("hf:o/n@refs%2Fpr%2F1/f", "https://huggingface.co/o/n/resolve/refs%2Fpr%2F1/f", ["o", "n@refs_pr_1", "f"]),
        ("hf://o/n/a b.gguf", "https://huggingface.co/o/n/resolve/main/a%20b.gguf", ["o", "n", "a b.gguf"]),
        (
            "https://huggingface.co/o/n/blob/main/x/f.gguf", "https://huggingface.co/o/n/resolve/main/x/f.gguf",
            ["o", "n@main", "x", "f.gguf"]
        ),
        ("https://h.org/a/f.gguf?download=true", "https://h.org/a/f.gguf?download=true", ["h.org", "a", "f.gguf"]),
        ("http://h.org:8080/f", "http://h.org:8080/f", ["h.org_8080", "f"]),
        (
            "https://h.org/a/..%2F..%2Fetc%2Fpasswd", "https://h.org/a/..%2F..%2Fetc%2Fpasswd",
            ["h.org", "a", "_._.._etc_passwd"]
        ),
        ("https://h.org/%2e%2e/%2E%2E/f", "https://h.org/%2e%2e/%2E%2E/f", ["h.org", "_.", "_.", "f"]),
        ("https://h.org/.bashrc", "https://h.org/.bashrc", ["h.org", "_bashrc"]),
        ("https://h.org/a%00b%0Ac%5Cd", "https://h.org/a%00b%0Ac%5Cd", ["h.org", "a_b_c_d"]),
    ]

    @Test(arguments: sources) func sourcesAndPlaces(_ text: String, _ url: String, _ path: [String]) throws {
        let source = try FileSource(text)
        #expect(source.url.absoluteString == url)
        #expect(source.localPath == path)
    }

    static let bad = [
        "", "model.gguf", "/etc/passwd", "file:///etc/passwd", "ftp://h/f", "https://", "https://h.org",
        "https://h.org/", "https://h.org/a/", "hf:", "hf:o", "hf:o/n", "hf:o/n/", "hf:o//f", "hf:o/n@/f", "hf:o/n@x",
        "hf:o o/n/f", "hf:../n/f", "hf:o/../f", "hf:o/n/../../x/y/f", "hf:o/n/%2e%2e/f", "hf:o/n/.",
        "hf:../n/f\u{0}/../..//x", "https://user:password@h.org/f",
        "https://h.org/" + String(repeating: "a", count: 300),
    ]

    @Test(arguments: bad) func refusesOtherSources(_ text: String) {
        let error = #expect(throws: HubError.self) { try FileSource(text) }
        #expect(error?.code == .badSource)
        #expect(error?.message.contains("password@") == false)
    }

    @Test func theFirstShardNamesTheOthers() throws {
        let first = try FileSource("hf:o/n/q4/m-00001-of-00012.gguf")
        let shards = first.shards
        #expect(shards.count == 12 && shards[0] == first)
        #expect(shards[11] == (try FileSource("hf:o/n/q4/m-00012-of-00012.gguf")))
        let url = try FileSource("https://h.org/a%20b/m-00001-of-00002.gguf?download=true").shards
        #expect(url[1].url.absoluteString == "https://h.org/a%20b/m-00002-of-00002.gguf?download=true")
        #expect(url[1].localPath == ["h.org", "a b", "m-00002-of-00002.gguf"])
    }

    @Test(arguments: [
        "m.gguf", "m-00001-of-00001.gguf", "m-00002-of-00003.gguf", "m-1-of-3.gguf", "-00001-of-00002.gguf",
        "m-00001-of-00000.gguf", "m-00001-of-00002.bin",
    ]) func otherFilesStandAlone(_ name: String) throws {
        let source = try FileSource("hf:o/n/" + name)
        #expect(source.shards == [source])
    }

    @Test func messagesHideWhatIsSecret() throws {
        let url = try #require(URL(string: "https://user:pass@h.org/a/f?signature=abc#x"))
        #expect(url.shown == "https://h.org/a/f")
    }

    @Test(arguments: [
        "ftp://user:topsecret@h/f", "user:topsecret@h/f", "ftp://user:top/secret@h/f", "ftp://user:top?secret@h/f",
        "https://user:topsecret@h.org/f", "https://user:topsecret@", "https://h.org/?signature=topsecret",
        "https://h.org/a/#topsecret", "ftp://h.org/f?a=b@c&signature=topsecret", "not a URL?topsecret",
        "https://h.org/" + String(repeating: "a", count: 300) + "?signature=topsecret",
    ]) func messagesOfBadSourcesToo(_ text: String) {
        let error = #expect(throws: HubError.self) { try FileSource(text) }
        #expect(error?.code == .badSource && error?.message.contains("secret") == false, "\(String(describing: error))")
    }
}
