import TerseJSON

extension RouteDesk {
    /// The route as `/v1/models` tells of models: with the longest context of its variants.
    /// - Parameter models: what workers say of theirs.
    /// - Returns: nil where none of them says anything.
    func model(of models: [JSONValue]) -> JSONValue? {
        let own = models.filter { model in names.contains { $0 == model["id"]?.stringValue } }
        guard !own.isEmpty else { return nil }
        let created = own.compactMap { $0["created"]?.intValue }.max() ?? 0
        let context = own.compactMap { $0["max_model_len"]?.intValue }.max() ?? 0
        return [
            "id": .string(name), "object": "model", "created": JSONValue(created), "owned_by": "terse",
            "max_model_len": JSONValue(context),
            "has_chat_template": .bool(own.allSatisfy { $0["has_chat_template"] == true }),
            "routes_to": .array(names.map { .string($0) }),
        ]
    }
}
