import Testing

@testable import TerseProfiling

/// Intervals against SciPy 1.17.
@Suite struct IntervalTests {
    /// `scipy.stats.binom.cdf`: the most that may be left out at each end.
    @Test(arguments: [
        (1, 0), (5, 0), (6, 0), (8, 0), (9, 1), (11, 1), (12, 2), (15, 3), (20, 5), (25, 7), (50, 17), (100, 39),
        (1000, 468),
    ])
    func orderStatisticsOfTheMedian(count: Int, dropped: Int) {
        #expect(Interval.droppedAtEachEnd(of: count) == dropped)
        let values = (0..<count).map(Double.init).shuffled()
        let interval = Interval.median(of: values)
        #expect(interval.value == Double(count - 1) / 2)
        #expect(interval.low == Double(dropped) && interval.high == Double(count - 1 - dropped))
        #expect(interval.samples == count && interval.method == .orderStatistics)
    }

    /// `scipy.stats.t.ppf(0.975, n)`.
    @Test(arguments: [
        (1, 12.706205), (2, 4.302653), (3, 3.182446), (4, 2.776445), (5, 2.570582), (9, 2.262157), (30, 2.042272),
        (101, 1.983731), (2000, 1.961151), (20_000, 1.959964),
    ])
    func studentsQuantile(degrees: Int, quantile: Double) {
        #expect(abs(StudentT.quantile975(degreesOfFreedom: degrees) - quantile) < 1e-6)
    }

    /// The formula in NumPy, with SciPy's quantile.
    @Test func aRatioHasTheSpreadOfItsWindows() throws {
        let interval = try #require(Interval.ratio([310, 295.5, 402.25, 350, 288], [256, 250, 300, 262, 240]))
        #expect(abs(interval.value - 1.2582186544342508) < 1e-12)
        #expect(abs(interval.low - 1.1594214521225292) < 1e-9 && abs(interval.high - 1.3570158567459725) < 1e-9)
        #expect(interval.samples == 5 && interval.method == .windows)
        let constant = try #require(Interval.ratio([2, 4, 6], [1, 2, 3]))
        #expect(constant.low == 2 && constant.high == 2)
        #expect(Interval.ratio([1], [1]) == nil && Interval.ratio([0, 0], [0, 0]) == nil)
    }

    /// `scipy.stats.binomtest(s, n).proportion_ci(method="wilson")`.
    @Test(arguments: [
        (8, 10, 0.4901624715366418, 0.9433178485456248), (0, 10, 0, 0.27753279986288926),
        (10, 10, 0.7224672001371109, 1), (1, 1, 0.20654931437723745, 1),
        (250, 400, 0.5765790058795889, 0.671042920536837),
    ])
    func wilsonsScore(successes: Int, count: Int, low: Double, high: Double) {
        let interval = Interval.share(successes, of: count)
        #expect(interval.value == Double(successes) / Double(count))
        #expect(abs(interval.low - low) < 1e-12 && abs(interval.high - high) < 1e-12)
    }

    @Test func theValueIsAlwaysWithin() {
        for count in 1...60 {
            for successes in 0...count {
                let interval = Interval.share(successes, of: count)
                #expect(0 <= interval.low && interval.low <= interval.value)
                #expect(interval.value <= interval.high && interval.high <= 1)
            }
        }
        let falling = Interval.median(of: [1, 2, 4, 5, 8, 10]).mapped { 1 / $0 }
        #expect(falling.low == 0.1 && falling.high == 1)
        #expect(Interval.single(3) == Interval(value: 3, low: 3, high: 3, samples: 1, method: .single))
    }
}
