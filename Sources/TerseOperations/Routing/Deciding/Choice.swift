/// Who gets a request, by what is predicted.
///
/// 1. The least score among variants without obstacles.
/// 2. Where there is none: among those that keep to the times and have room, whatever quality, energy or money say.
///    Overload moves traffic to a smaller variant before it rejects anyone.
/// 3. Where there is none, either: who is done first.
/// 4. Nobody, when all would refuse.
struct Choice: Sendable, Equatable {
    var index: Int?
    var reason: RoutingReason

    init(index: Int?, reason: RoutingReason) { (self.index, self.reason) = (index, reason) }

    init(_ forecast: Forecast) {
        let predictions = forecast.predictions
        if let best = Self.least(predictions, by: \.score, where: { $0.obstacles.isEmpty }) {
            (index, reason) = (best, forecast.preferred != best ? .overload : forecast.isOutOfPower ? .power : .best)
        } else if let timely = Self.least(predictions, by: \.score, where: \.isTimely) {
            let isBusy = predictions.contains { $0.obstacles.contains(where: \.isLoad) }
            (index, reason) = (timely, isBusy ? .overload : .bestEffort)
        } else {
            index = Self.least(predictions, by: \.seconds) { !$0.obstacles.contains(where: \.isHard) }
            reason = index == nil ? .refused : .bestEffort
        }
    }

    /// The index of the least; of equals the first; nil when none is admitted.
    static func least(
        _ predictions: [VariantPrediction], by quantity: KeyPath<VariantPrediction, Double>,
        where isAdmitted: (VariantPrediction) -> Bool
    ) -> Int? {
        predictions.indices.filter { isAdmitted(predictions[$0]) }
            .min { predictions[$0][keyPath: quantity] < predictions[$1][keyPath: quantity] }
    }
}
