import TerseTelemetry
import Testing

/// Counts by range, and what they tell.
@Suite struct HistogramTests {
    @Test func boundsBelongToTheRangeBelow() {
        let histogram = Histogram(bounds: [1, 2, 4])
        for value in [0.5, 1, 1.5, 2, 3, 4, 5, 100] { histogram.observe(value) }
        #expect(histogram.snapshot == Histogram.Snapshot(bounds: [1, 2, 4], counts: [2, 2, 2, 2], sum: 117))
    }

    @Test func quantilesAreLinearWithinARange() throws {
        let histogram = Histogram(bounds: [1, 2, 4])
        #expect(histogram.snapshot.quantile(0.5) == nil)
        for _ in 0..<100 { histogram.observe(1.5) }
        #expect(try #require(histogram.snapshot.quantile(0.5)) == 1.5)
        #expect(try #require(histogram.snapshot.quantile(1)) == 2)
        histogram.observe(1000)
        #expect(try #require(histogram.snapshot.quantile(1)) == 4, "beyond the bounds nothing is known but the last")
    }
}
