import ArgumentParser

@main
struct Terse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "terse", abstract: "Makes, proves and serves efficient language models on CPUs.")
}
