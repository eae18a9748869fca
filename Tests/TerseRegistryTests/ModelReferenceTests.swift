import Testing

@testable import TerseRegistry

@Suite struct ModelReferenceTests {
    @Test(arguments: [
        ("stories", "stories", ModelReference.Selector.standard, nil),
        ("stories:12", "stories", .version(12), nil),
        ("a.b-c_d@production", "a.b-c_d", .alias("production"), nil),
        ("stories:1/q4_0", "stories", .version(1), "q4_0"),
        ("stories@candidate/b1.58-pruned25", "stories", .alias("candidate"), "b1.58-pruned25"),
    ])
    func itIsReadAndWritten(text: String, name: String, selector: ModelReference.Selector, variant: String?) throws {
        let reference = try ModelReference(text)
        #expect(reference == ModelReference(name: name, selector: selector, variant: variant))
        #expect(reference.description == text)
    }

    @Test(arguments: [
        "", "/", "a/b", "a:", "a:0", "a:-1", "a:+1", "a:1.5", "a:99999999999999999999", "a:1000000001", "a@", "@a",
        ":1", "a:1/",
        "a:1/b/c",
        "a:1@b", "a b", "../a", "a/../b:1", "-a", ".a", "é", "a\n", "a\0:1", String(repeating: "a", count: 101),
    ])
    func othersAreRefused(text: String) {
        #expect(registryError { _ = try ModelReference(text) }?.code == .invalid, "\(text)")
    }
}
