import ArgumentParser
import Foundation
import Logging
import TerseModel
import TerseRegistry
import TerseServer

/// `terse serve`: an OpenAI-compatible server.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves models over HTTP as OpenAI's API has it.",
        discussion: """
            Each model runs in a process of its own, which is started again when it dies; requests that were under way
            go on. SIGTERM and Ctrl-C end the server when its requests are done, at the latest soon after the time of
            --drain.

            A line on standard output says when the server is ready, and where.

            --route NAME=MODEL,MODEL makes a name of its own, whose requests go to the model that suits each best by the
            policy: what it is predicted to lose in quality, to take in time and in energy. The models are registered ones
            with profiles on hosts like this one (terse profile).

            Examples:
              terse serve --model novels=Models/novels/novels-11m.gguf
              terse serve --model novels@production --model small=novels:1/q4_0
              terse serve --model big=novels@production --model small=novels:1/q4_0 --route novels=big,small
              terse serve --model big=big.gguf --model small=small.gguf --memory 8GiB --keys keys.json --host 0.0.0.0
            """)

    @Option(
        name: .customLong("model"),
        help: ArgumentHelp(
            "A model to serve and what clients call it. Without NAME= a file is called by its name without the extension, "
                + "a directory or a registered model, such as NAME@production, by its name. May be given several times.",
            valueName: "NAME=PATH"))
    var models: [NamedModel] = []

    @Option(
        name: .customLong("route"),
        help: ArgumentHelp(
            "A name whose requests go to one of these models, whichever suits each best. May be given several times.",
            valueName: "NAME=MODEL,MODEL"), transform: NamedRoute.init(argument:))
    var routes: [NamedRoute] = []

    @Option(
        help: ArgumentHelp(
            "A YAML file of policies for the routes: the policy with a route's name is the route's, else the first; "
                + "tenants, which are keys, may have theirs (default: balanced).", valueName: "F"))
    var policies: String?

    @Option(
        name: .customLong("judge-share"),
        help: ArgumentHelp(
            "Of the answers to routed requests that the best model did not give, it judges this share when it is idle; "
                + "0: none.", valueName: "X"))
    var judgeShare = RouteOptions.judgeShareDefault

    @Flag(
        name: .customLong("roll-back-on-drift"),
        help: "Points production to what it was before where a routed model that follows it becomes worse.")
    var rollsBackOnDrift = false

    @Option(
        name: .customLong("power-budget"),
        help: ArgumentHelp(
            "Watts that the host should not exceed, measured (RAPL) or estimated: above them routed requests go where they "
                + "take the least energy.", valueName: "W"))
    var powerBudget: Double?

    @Option(
        name: .customLong("power-model"),
        help: ArgumentHelp(
            "Estimate the host's power: watts of the idle host, and what each busy processor adds, such as 12,3.5.",
            valueName: "IDLE,BUSY"))
    var powerModel: PowerModelArgument?

    @Option(help: ArgumentHelp("The address to listen at.", valueName: "H"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("The port to listen at; 0 takes one that is free.", valueName: "P"))
    var port = 8080

    @Option(help: ArgumentHelp("Seconds that requests under way have when the server ends.", valueName: "S"))
    var drain = 30

    @Option(
        name: .customLong("hang-timeout"),
        help: ArgumentHelp(
            "Seconds without an answer, or without a step although there are requests, after which a worker is killed "
                + "and started again.", valueName: "S"))
    var hangTimeout = Int(GatewayOptions.hangTimeoutDefault.components.seconds)

    @Option(
        help: ArgumentHelp(
            "A JSON file of the hashes of the keys that clients must have, and their limits.", valueName: "F"))
    var keys: String?

    @Option(
        help: ArgumentHelp(
            "What answers to requests with temperature 0 or a seed may take in the cache (default: 64 MiB).",
            valueName: "SIZE"))
    var cache: MemorySize?

    @Flag(name: .customLong("no-cache"), help: "Keeps no answers.")
    var withoutCache = false

    @Option(
        name: .customLong("record-prompts"),
        help: ArgumentHelp(
            "Keep so many requests of each model in memory, to repeat them in rollouts with little traffic (default: 0).",
            valueName: "N"))
    var recordedPrompts = 0

    @Option(
        name: .customLong("tls-certificate"),
        help: ArgumentHelp("A certificate chain in PEM, to serve HTTPS.", valueName: "F"))
    var certificate: String?

    @Option(name: .customLong("tls-key"), help: ArgumentHelp("The certificate's private key in PEM.", valueName: "F"))
    var certificateKey: String?

    @OptionGroup var reading: ReadingOptions
    @OptionGroup var engine: EngineArguments
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard !models.isEmpty else { throw ValidationError("give at least one --model NAME=PATH") }
        guard (certificate == nil) == (certificateKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key go together")
        }
        guard !routes.isEmpty || (policies == nil && !rollsBackOnDrift && powerBudget == nil) else {
            throw ValidationError("--policies, --roll-back-on-drift and --power-budget need --route NAME=MODEL,MODEL")
        }
        guard powerModel == nil || powerBudget != nil else {
            throw ValidationError("--power-model needs --power-budget W")
        }
        do { _ = try power() } catch { throw ValidationError("--power-budget: \(error)") }
        guard judgeShare >= 0, judgeShare <= 1 else {
            throw ValidationError("--judge-share must be from 0 to 1, found \(judgeShare)")
        }
        try Self.check("--route", routes.count, from: 0, to: RouteOptions.routesMax)
        try Self.check("--port", port, from: 0, to: 65535)
        try Self.check("--drain", drain, from: 0, to: 3600)
        try Self.check("--record-prompts", recordedPrompts, from: 0, to: GatewayOptions.recordedPromptsLimit)
        let hangTimeoutMin = Int(GatewayOptions.hangTimeoutMin.components.seconds)
        try Self.check("--hang-timeout", hangTimeout, from: hangTimeoutMin, to: 86400)
    }

    private func power() throws -> PowerBudget? {
        try powerBudget.map { try PowerBudget(watts: $0, model: powerModel?.model) }
    }

    func run() async throws {
        var options = GatewayOptions()
        (options.host, options.port) = (host, port)
        options.limits.drainTimeout = .seconds(drain)
        options.hangTimeout = .seconds(hangTimeout)
        if let keys { options.keys = try KeyFile.read(keys) }
        if let certificate, let certificateKey {
            options.tls = TLSFiles(certificate: certificate, key: certificateKey)
        }
        if let cache { options.cache.bytesMax = cache.bytes }
        if withoutCache { options.cache.bytesMax = 0 }
        options.recordedPromptsMax = recordedPrompts
        options.registryHome = HomeOption.standardDirectory
        options.judgeShare = judgeShare
        options.power = try power()
        let logger = log.logger("gateway")
        try add(to: &options, logger)
        let origin = "\(certificate == nil ? "http" : "https")://\(host)"
        try await Gateway(options, logger: logger).run { port in
            try? StandardOutput.writeLine("terse is ready at \(origin):\(port)")
        }
    }

    /// The models and the routes between them.
    private func add(to options: inout GatewayOptions, _ logger: Logger) throws {
        // Here and not in the worker: one that is started again must have the same weights, wherever an alias moved to.
        let draft = try engine.draft.path.map { try pin("the draft model", $0, logger) }
        options.draftLease = try draft.flatMap { try ModelPath.hold($0) }
        var served: [RouteAssembly.Served] = []
        for model in models {
            let pinned = try pin(model.name, model.path, logger)
            var arguments = ["--log", log.level.rawValue] + engine.arguments(draftPath: draft?.path)
            if let tokenizer = reading.tokenizer { arguments += ["--tokenizer", tokenizer] }
            arguments += ["--i2s-order", reading.packing.i2sOrder.rawValue]
            let live = model.followsProduction ? pinned.variant : nil
            let deployed = try live.map { live in
                try Registry(home: HomeOption.standardDirectory).deployedEngine(of: live)
            }
            options.models.append(
                GatewayOptions.Model(
                    name: model.name, path: pinned.path, options: arguments, live: live,
                    lease: try ModelPath.hold(pinned), engine: deployed?.arguments ?? []))
            served.append(
                RouteAssembly.Served(name: model.name, argument: model.path, variant: pinned.variant) {
                    var runner = RunnerOptions()
                    runner.contextLength = engine.context ?? deployed?.context
                    return try runner.contextLength(for: ModelConfiguration(reading.open(pinned.path)))
                })
        }
        guard !routes.isEmpty else { return }
        let policies = try policies.map { try RouteAssembly.Policies($0, routes: routes.map(\.name)) }
        let assembly = RouteAssembly(served: served, policies: policies, rollsBackOnDrift: rollsBackOnDrift)
        options.routes = try routes.map { try assembly.options($0) }
        let known = Set(options.keys.map(\.name))
        for tenant in options.routes[0].plan.tenantPolicies.keys.sorted() where !known.contains(tenant) {
            logger.warning("a policy is for a tenant that no key has", metadata: ["tenant": "\(tenant)"])
        }
    }

    /// What workers open, whenever they are started; the log says which variant it is.
    private func pin(_ name: String, _ argument: String, _ logger: Logger) throws -> ModelPath.Pinned {
        let pinned = try ModelPath.pin(argument)
        if let variant = pinned.variant {
            logger.info("serves a registered variant", metadata: ["model": "\(name)", "variant": "\(variant)"])
        }
        return pinned
    }
}
