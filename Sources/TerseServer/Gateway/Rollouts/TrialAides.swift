/// What a rollout needs done beside clients' requests, one thing of a kind at a time: answers judged, copies of requests computed,
/// requests made up or repeated.
struct TrialAides: Sendable {
    let trial: ModelEndpoint.Trial
    let endpoint: ModelEndpoint
    let client: TrialClient

    /// Until the rollout has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await outcome in trial.desk.answers {
                    let quality = await client.score(outcome, by: endpoint.live)
                    trial.desk.add(outcome.outcome(quality: quality), outcome.group)
                }
            }
            group.addTask { for await request in trial.desk.copies { await client.compare(request, trial) } }
            group.addTask { for await pairs in trial.desk.probes { await probe(pairs) } }
        }
    }

    private func probe(_ pairs: Int) async {
        let recorded = endpoint.recorder.all.shuffled()
        for number in 0..<pairs where !trial.desk.isClosed && !Task.isCancelled {
            let request =
                recorded.isEmpty
                ? TrialRequest.madeUp(number, model: endpoint.model) : recorded[number % recorded.count]
            await client.compare(request, trial)
        }
    }
}
