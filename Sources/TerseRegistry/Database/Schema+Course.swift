/// What holds of everything that a candidate goes through event by event: rollouts and deployments.
extension Schema {
    /// Rules of a table of such courses and of the table of their events, `…_event`.
    /// - Parameters:
    ///   - course: the table, of which the view `…_running` has those that have not ended.
    ///   - isEnd: whether a row of its events is the end.
    ///   - texts: columns of its events that are texts of their own.
    static func courseRules(of course: String, isEnd: String, texts: [String]) -> [Rule] {
        let (events, id) = ("\(course)_event", "\(course)_id")
        let all = ["NEW.made_by", "coalesce(NEW.reason, '')"] + texts.map { "NEW.\($0)" }
        let written = all.joined(separator: " || ")
        return [
            Rule(
                table: course, name: "one_of_a_model",
                condition: "EXISTS (SELECT * FROM \(course)_running WHERE model_id = NEW.model_id)",
                message: "the model has a \(course) under way"),
            Rule(
                table: course, name: "candidate",
                condition: """
                    NOT EXISTS (SELECT * FROM variant JOIN version ON version.id = version_id
                        WHERE variant.id = NEW.candidate_id AND model_id = NEW.model_id)
                    OR EXISTS (SELECT * FROM removal WHERE variant_id = NEW.candidate_id)
                    """,
                message: "the candidate is another model''s or removed"),
            Rule(
                table: events, name: "begun_first",
                condition: "(NEW.kind = 'begun') = EXISTS (SELECT * FROM \(events) WHERE \(id) = NEW.\(id))",
                message: "a \(course) begins once, and before all else"),
            Rule(
                table: events, name: "end_last",
                condition: "EXISTS (SELECT * FROM \(events) WHERE \(id) = NEW.\(id) AND \(isEnd))",
                message: "the \(course) has ended"),
            Rule(
                table: events, name: "time",
                condition: """
                    NEW.made_at < (
                        SELECT made_at FROM \(events) WHERE \(id) = NEW.\(id) ORDER BY id DESC LIMIT 1)
                    """,
                message: "events of a \(course) go forward in time"),
            Rule(
                table: events, name: "without_nul", condition: "instr(\(written), char(0)) > 0",
                message: "a text of \(events) has a NUL in it"),
        ]
    }
}
