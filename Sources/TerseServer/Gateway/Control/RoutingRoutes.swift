import HTTPTypes
import Hummingbird
import TerseJSON

/// `/api/routing`, what routes do and have learned, and `/api/feedback`, what people think of answers.
struct RoutingRoutes: Sendable {
    let desks: [RouteDesk]
    let ledger: FeedbackLedger
    let power: PowerWatch?
    let limits: ConnectionLimits

    private static let decisionsDefault = 20
    private static let decisionsMax = 1024

    /// - Parameter group: for administrators.
    func addReports(to group: RouterGroup<ServerContext>) {
        group.get("/") { request, _ in
            let count = try Self.count(request)
            let routes = try desks.map { try RouteReport(desk: $0).json(decisions: count) }
            return Response(["routes": .array(routes), "power": power?.json ?? .null])
        }
    }

    func addFeedback(to router: Router<ServerContext>) {
        router.post("/api/feedback") { request, context in try await rate(request, context) }
    }

    private static func count(_ request: Request) throws(APIError) -> Int {
        guard let text = request.query("count") else { return decisionsDefault }
        guard let count = Int(text), (0...decisionsMax).contains(count) else {
            throw APIError.invalid(
                "count: expected 0…\(decisionsMax), found \(text.prefix(APILimits.nameLengthMax))", parameter: "count")
        }
        return count
    }

    /// `{"id": "cmpl-…", "rating": 1}`.
    private func rate(_ request: Request, _ context: ServerContext) async throws -> Response {
        var fields = try FieldReader(JSONValue(body: try await request.bytes(within: limits.bodyTimeout)))
        let id = try fields.requiredString("id")
        guard let rating = try fields.float("rating", in: -1...1) else { throw fields.missing("rating") }
        try fields.refuseUnknown()
        let entry = try ledger.rate(id, by: context.client.tenant)
        entry.desk.learn(.rating(variant: entry.variant, Double(rating)), of: entry.features, decision: entry.number)
        return Response([
            "id": .string(id), "model": .string(entry.variant), "route": .string(entry.desk.name),
            "rating": .number(Double(rating)),
        ])
    }
}
