import TerseEngine
import TerseJSON

/// What a gateway tells its worker about a request, in the member `terse` of the body: whose it is, and how far it had
/// come when the worker before died. Clients cannot set it: the gateway replaces it.
struct GatewayContext: Sendable, Equatable {
    /// How far one choice had come.
    struct Choice: Sendable, Equatable {
        /// Tokens that were generated.
        var generated: [Int32] = []
        /// Bytes of the model's text that were made into an answer, of which the client has it.
        var textBytes = 0
        /// Nothing more comes.
        var isFinished = false
    }

    /// The response's id.
    var id: String?
    /// When the request came, in seconds since 1970.
    var created: Int?
    var seed: UInt64?
    var tenant: UInt32 = 0
    /// How urgent its requests are, and the most that they may be: greater is more.
    var priority = 0
    var priorityMax = 100
    /// Since the request came.
    var elapsed = Duration.zero
    /// Whether a worker that died had it.
    var wasAccepted = false
    /// Whether what the gateway needs to go on elsewhere is told with each piece.
    var reportsProgress = false
    /// By choice; empty for a request that begins.
    var choices: [Choice] = []

    init() {}

    /// Of a client's request that begins.
    init(of client: Gatekeeper.Client) {
        (tenant, priority, priorityMax) = (client.tenant, client.priority, client.priorityMax)
    }

    /// - Throws: `APIError` naming the parameter.
    init(_ value: JSONValue?) throws(APIError) {
        guard let value else { return }
        var fields = try FieldReader(value, path: "terse")
        id = try fields.string("id")
        created = try fields.integer("created", in: 0...Int.max)
        seed = try fields.integer("seed", in: Int.min...Int.max).map { UInt64(bitPattern: Int64($0)) }
        tenant = UInt32(try fields.integer("tenant", in: 0...Int(UInt32.max)) ?? 0)
        priority = try fields.integer("priority", in: -100...100) ?? 0
        priorityMax = try fields.integer("priority_max", in: -100...100) ?? 100
        elapsed = .milliseconds(try fields.integer("elapsed_ms", in: 0...Int(Int32.max)) ?? 0)
        wasAccepted = try fields.bool("accepted") ?? false
        reportsProgress = try fields.bool("progress") ?? false
        for (index, element) in (try fields.array("choices", countMax: APILimits.inputsMax) ?? []).enumerated() {
            var reader = try FieldReader(element, path: "terse.choices[\(index)]")
            var choice = Choice()
            let ids = try reader.array("generated", countMax: Int(Int32.max)) ?? []
            choice.generated = try PromptInput.tokens(ids, "terse.choices[\(index)].generated")
            choice.textBytes = try reader.integer("text_bytes", in: 0...Int.max) ?? 0
            choice.isFinished = try reader.bool("finished") ?? false
            choices.append(choice)
        }
    }

    /// Tells the engine whose a request is, and of its past.
    func apply(to request: inout GenerationRequest) {
        (request.tenant, request.elapsed, request.wasAccepted) = (tenant, elapsed, wasAccepted)
    }

    var json: JSONValue {
        var object = JSONObject()
        if let id { object["id"] = .string(id) }
        if let created { object["created"] = JSONValue(created) }
        if let seed { object["seed"] = .integer(Int64(bitPattern: seed)) }
        object["tenant"] = JSONValue(Int(tenant))
        object["priority"] = JSONValue(priority)
        object["priority_max"] = JSONValue(priorityMax)
        object["elapsed_ms"] = JSONValue(min(Int(elapsed / .milliseconds(1)), Int(Int32.max)))
        object["accepted"] = .bool(wasAccepted)
        object["progress"] = .bool(reportsProgress)
        if !choices.isEmpty {
            object["choices"] = .array(
                choices.map { choice in
                    [
                        "generated": .array(choice.generated.map { .integer(Int64($0)) }),
                        "text_bytes": JSONValue(choice.textBytes), "finished": .bool(choice.isFinished),
                    ]
                })
        }
        return .object(object)
    }
}
