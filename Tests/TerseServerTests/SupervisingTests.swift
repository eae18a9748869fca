import Testing

@testable import TerseServer

/// Workers that hang, and requests that workers die over, on a clock that the test turns.
@Suite struct SupervisingTests {
    private func look(_ watch: inout HangWatch, _ steps: Int?, isBusy: Bool = true, second: Int) -> Bool {
        watch.look(steps.map { WorkerHealth(steps: $0, isBusy: isBusy) }, at: .seconds(second))
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

    /// One look that came to nothing is no hang, however short the time is.
    @Test func aMissedLookIsNoHang() {
        var watch = HangWatch(timeout: .seconds(5), now: .zero)
        #expect(!look(&watch, 5, second: 1) && !look(&watch, nil, second: 7))
        #expect(!look(&watch, 6, second: 8) && !look(&watch, 6, second: 14))
        #expect(look(&watch, nil, second: 15))
    }

    /// What comes of a stream was made by somebody.
    @Test func streamsAreSignsOfLife() {
        var watch = HangWatch(timeout: .seconds(5), now: .zero)
        let hung = (1...35).filter { second in
            watch.look(nil, pieceCount: min(second, 30), at: .seconds(second))
        }
        #expect(hung == [35])
    }

    @Test func healthGoesToJSONAndBack() {
        let health = WorkerHealth(steps: 7, isBusy: true)
        #expect(WorkerHealth(health.json) == health && WorkerHealth(["status": "ok"]) == nil)
    }

    /// Half as many after each death, from the front, twice as many when so many got further; who leaves makes room.
    @Test func groupsAreHalvedAndDoubled() {
        var queue = RetryQueue()
        let numbers = (0..<40).map { _ in queue.join() }
        func out() -> [Int] { numbers.indices.filter { queue.isOut(numbers[$0]) } }
        #expect(out() == Array(0..<16))
        for index in 0..<16 {
            let wasAlone = queue.died(numbers[index])
            #expect(!wasAlone && (index == 15 || !out().contains(where: { $0 <= index })))
        }
        #expect(out() == Array(0..<8))
        queue.leave(numbers[30])
        for index in 0..<8 { queue.leave(numbers[index]) }
        #expect(out() == Array(8..<24))
        for index in 8..<24 where !queue.died(numbers[index]) { continue }
        #expect(out() == Array(8..<16))
        for index in 8..<16 { queue.leave(numbers[index]) }
        #expect(out() == Array(16..<30) + [31, 32])
    }

    @Test func whoDiesAloneIsTold() {
        var queue = RetryQueue()
        let number = queue.join()
        let wasAlone = queue.died(number)
        #expect(wasAlone && queue.isOut(number))
        // Who was let out before the next came has died beside nobody, but runs alone from now on.
        let next = queue.join()
        #expect(!queue.isOut(next))
        queue.leave(number)
        queue.leave(number)
        #expect(queue.isOut(next))
    }

    /// Rounds in which all run who may, and everybody dies with those over which workers die; the others need as many rounds as
    /// they say. They are charged with the deaths that came before anybody was suspected, and few rounds pass.
    @Test(arguments: [1, 3], [[7], [0], [59], [3, 4], [0, 31, 59]]) func innocentRequestsSurvive(
        rounds: Int, guilty: [Int]
    ) throws {
        struct Request {
            var left: Int
            var deaths = 0
            var charged = 0
            var number: RetryQueue.Number?
        }
        var queue = RetryQueue()
        var requests = (0..<60).map { _ in Request(left: rounds) }
        var round = 0
        while requests.contains(where: { $0.left > 0 }) {
            round += 1
            try #require(round < 200)
            let running = requests.indices.filter { index in
                requests[index].left > 0 && requests[index].number.map { queue.isOut($0) } ?? true
            }
            let dies = running.contains(where: guilty.contains)
            for index in running where dies {
                (requests[index].deaths, requests[index].left) = (requests[index].deaths + 1, rounds)
                if requests[index].number.map({ queue.died($0) }) ?? true { requests[index].charged += 1 }
                if requests[index].number == nil, RetryQueue.isNeeded(afterDeaths: requests[index].deaths) {
                    requests[index].number = queue.join()
                }
                if requests[index].charged == Relay.deathsMax { requests[index].left = 0 }
            }
            for index in running where !dies { requests[index].left -= 1 }
            for index in running where requests[index].left == 0 { requests[index].number.map { queue.leave($0) } }
        }
        for (index, request) in requests.enumerated() {
            #expect(guilty.contains(index) ? request.charged == Relay.deathsMax : request.charged == 2)
        }
        // As many as it takes to find each and to let the others run, far from one for each request.
        #expect(round < 2 + guilty.count * (Relay.deathsMax + 8) + 8 * rounds)
    }

    /// A request that waits for its turn is woken by those before it, and leaves when its client goes.
    @Test func turnsComeAndAreGivenUp() async throws {
        let slot = WorkerSlot(model: "m", socket: "")
        let first = RetryTicket(slot)
        #expect(first.died())
        var second: RetryTicket? = RetryTicket(slot)
        let third = RetryTicket(slot)
        let given = Task { [second] in try await second?.turn() }
        let waiting = Task { try await third.turn() }
        given.cancel()
        await #expect(throws: CancellationError.self) { try await given.value }
        second = nil
        first.end()
        try await waiting.value
        let runsAlone = third.died()
        #expect(runsAlone)
    }

    /// One that takes long holds nobody up.
    @Test func whoIsSlowHoldsNobodyUp() {
        var queue = RetryQueue()
        let numbers = (0..<60).map { _ in queue.join() }
        for number in numbers[1..<16] { queue.leave(number) }
        let areOut = numbers[16..<31].allSatisfy { queue.isOut($0) }
        #expect(queue.isOut(numbers[0]) && areOut)
    }

    @Test func silentWorkersAreLoggedOnceInAWhile() {
        let workers = SilentWorkers()
        #expect(workers.pass("a", now: .zero) == 0)
        #expect(workers.pass("a", now: .seconds(1)) == nil && workers.pass("b", now: .seconds(2)) == 0)
        #expect(workers.pass("a", now: .seconds(59)) == nil)
        #expect(workers.pass("a", now: .seconds(60)) == 2)
        #expect(workers.pass("a", now: .seconds(61)) == nil)
    }
}
