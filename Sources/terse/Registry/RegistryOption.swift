import ArgumentParser
import TerseRegistry

/// The registry that a command works on.
struct RegistryOption: ParsableArguments {
    @OptionGroup var home: HomeOption

    /// - Throws: `RegistryError`.
    func open() throws -> Registry { try Registry(home: home.directory) }
}

extension ModelReference: ExpressibleByArgument {
    public init?(argument: String) { try? self.init(argument) }
}
