import Foundation
import GRDB
import Testing

@testable import TerseRegistry

@Suite struct TimestampTests {
    /// A millisecond has no exact number in binary: what is read and written again must stay the same time.
    @Test func timesStayTheSameWhenTheyAreReadAndWritten() throws {
        for millisecond in 0..<1000 {
            let fraction = String(repeating: "0", count: 3 - "\(millisecond)".count) + "\(millisecond)"
            let column = "2026-11-29 14:05:59.\(fraction)"
            let text = "2026-11-29T14:05:59.\(fraction)Z"
            let read = try #require(Date.fromDatabaseValue(column.databaseValue))
            #expect(Timestamp.column(read) == column && Timestamp.text(read) == text)
            #expect(Timestamp.date(text).map(Timestamp.text) == text)
        }
    }

    @Test func timesBeforeTheEpochAreWritten() {
        #expect(Timestamp.text(Date(timeIntervalSince1970: -0.001)) == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp.text(Date(timeIntervalSince1970: 0)) == "1970-01-01T00:00:00.000Z")
    }
}
