import TerseGrammar
import TerseJSON
import TestSupport
import Testing

/// Every schema of the official suite is refused by a keyword's name or obeyed.
@Suite struct SchemaSuiteTests {
    @Test(.enabled(if: SchemaSuite.archive != nil, "\(TestData.absence)"))
    func everySchemaIsRefusedOrObeyed() throws {
        let suite = try SchemaSuite(archive: try #require(SchemaSuite.archive))
        var refused: [String: Int] = [:]
        var unsatisfiable = 0
        var obeyed = 0
        var valid = 0
        var fitting = 0
        var invalid = 0
        for entry in suite.cases {
            let trial: Trial
            do {
                trial = try Trial(.jsonSchema(entry.wrapped))
            } catch let error as GrammarError {
                if error.code == .matchesNothing {
                    #expect(!entry.tests.contains { $0.isValid }, "\(entry.name): \(error)")
                    unsatisfiable += 1
                } else {
                    #expect(error.keyword != nil && error.pointer != nil, "\(entry.name): \(error)")
                    refused[error.keyword ?? "", default: 0] += 1
                }
                continue
            }
            obeyed += 1
            for test in entry.tests {
                let plain: JSONValue = ["value": test.data]
                let ordered: JSONValue = ["value": test.data.ordered(by: entry.schema)]
                let fits = try trial.accepts(plain.serialized()) || trial.accepts(ordered.serialized())
                if test.isValid {
                    valid += 1
                    fitting += fits ? 1 : 0
                } else {
                    invalid += 1
                    #expect(!fits, "\(entry.name): \(test.name): \(plain.serialized()) fits")
                }
            }
        }
        print(
            "JSON Schema suite: \(suite.cases.count) schemas, \(obeyed) obeyed, \(unsatisfiable) without any valid value, "
                + "\(refused.values.reduce(0, +)) refused; \(invalid) invalid instances rejected, \(fitting) of \(valid) valid ones fit"
        )
        for (keyword, count) in refused.sorted(by: { $0.value > $1.value }) {
            print("    refused for \(keyword): \(count)")
        }
        #expect(obeyed >= 150 && fitting * 10 >= valid * 7)
    }
}
