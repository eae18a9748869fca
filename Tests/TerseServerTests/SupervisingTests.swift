import Testing

@testable import TerseServer

/// Workers that hang, and requests that workers die over, on a clock that the test turns.
@Suite struct SupervisingTests {
    private func look(_ watch: inout HangWatch, _ steps: Int?, isBusy: Bool = true, second: Int) -> Bool {
        watch.look(steps.map { HangWatch.Report(steps: $0, isBusy: isBusy) }, at: .seconds(second))
    }

    @Test func whoGivesNoAnswerHangs() {
        var watch = HangWatch(timeout: .seconds(10), now: .zero)
        for second in 1...9 { #expect(!look(&watch, nil, second: second)) }
        #expect(!look(&watch, 1, second: 10))
        for second in 11...19 { #expect(!look(&watch, nil, second: second)) }
        #expect(look(&watch, nil, second: 20))
    }

    /// A worker whose engine stands still answers all the same.
    @Test func whoMakesNoStepsHangs() {
        var watch = HangWatch(timeout: .seconds(10), now: .zero)
        for second in 1...30 { #expect(!look(&watch, 5, isBusy: false, second: second)) }
        for second in 31...39 { #expect(!look(&watch, 5, second: second)) }
        #expect(!look(&watch, 6, second: 40))
        for second in 41...49 { #expect(!look(&watch, 6, second: second)) }
        #expect(look(&watch, 6, second: 50))
    }

    /// A gateway that was stopped for an hour, as its workers were, has heard nothing in a few seconds.
    @Test func timeInWhichNobodyLookedDoesNotCount() {
        var watch = HangWatch(timeout: .seconds(10), now: .zero)
        #expect(!look(&watch, 5, second: 1) && !look(&watch, nil, second: 3600))
        #expect(!look(&watch, 6, second: 3601))
    }

    @Test func theLineGoesOneByOne() {
        var line = RetryLine()
        let numbers = (0..<3).map { _ in line.join() }
        #expect(numbers.map { line.hasTurn($0) } == [true, false, false])
        line.leave(numbers[1])
        line.leave(numbers[0])
        line.leave(numbers[0])
        #expect(line.hasTurn(numbers[2]))
    }

    /// Rounds in which all run who may, and everybody dies with the one over which workers die; the others need as many
    /// rounds as they say.
    @Test(arguments: [1, 3]) func innocentRequestsSurvive(rounds: Int) {
        struct Request {
            var left: Int
            var deaths = 0
            var number: RetryLine.Number?
        }
        var line = RetryLine()
        var requests = (0..<20).map { _ in Request(left: rounds) }
        let guilty = 7
        for _ in 0..<200 {
            for index in requests.indices where requests[index].left > 0 && requests[index].number == nil {
                guard RetryLine.isNeeded(afterDeaths: requests[index].deaths) else { continue }
                requests[index].number = line.join()
            }
            let running = requests.indices.filter { index in
                requests[index].left > 0 && requests[index].number.map { line.hasTurn($0) } ?? true
            }
            for index in running {
                if running.contains(guilty) {
                    (requests[index].deaths, requests[index].left) = (requests[index].deaths + 1, rounds)
                } else {
                    requests[index].left -= 1
                }
                guard running.contains(guilty) || requests[index].left == 0 else { continue }
                requests[index].number.map { line.leave($0) }
                requests[index].number = nil
            }
            if requests[guilty].deaths == Relay.attemptsMax { requests[guilty].left = 0 }
        }
        #expect(requests.allSatisfy { $0.left == 0 } && requests[guilty].deaths == Relay.attemptsMax)
        #expect(requests.indices.allSatisfy { $0 == guilty || requests[$0].deaths <= 2 })
    }

    @Test func entriesPassOnceInAWhile() {
        var throttle = LogThrottle<String>(interval: .seconds(60))
        #expect(throttle.pass("a", now: .zero) == 0)
        #expect(throttle.pass("a", now: .seconds(1)) == nil && throttle.pass("b", now: .seconds(2)) == 0)
        #expect(throttle.pass("a", now: .seconds(59)) == nil)
        #expect(throttle.pass("a", now: .seconds(60)) == 2)
        #expect(throttle.pass("a", now: .seconds(61)) == nil)
    }
}
