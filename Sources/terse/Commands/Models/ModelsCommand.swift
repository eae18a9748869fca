import ArgumentParser

/// `terse models`: the registry.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Keep models, their versions and variants, and what is live.",
        discussion: """
            A model has versions, results of training that never change; a version has variants, one for each encoding.
            An alias such as production points to a variant; moves are kept for good. Wherever MODEL is asked for, NAME,
            NAME:VERSION and NAME@ALIAS work, the last two also with /VARIANT, unless a file has that name.

            Examples:
              terse models add stories model.gguf --alias production
              terse run stories -p "Once upon a time"
              terse models rollback stories --why "slower than before"
              terse models live --at "2026-11-24 14:05"
            """,
        subcommands: [
            ModelsListCommand.self, ModelsShowCommand.self, ModelsPathCommand.self, ModelsAddCommand.self,
            ModelsProfilesCommand.self,
            ModelsAliasCommand.self, ModelsRollbackCommand.self, ModelsLiveCommand.self, ModelsHistoryCommand.self,
            ModelsRetainCommand.self, ModelsRemoveCommand.self, ModelsCollectCommand.self, ModelsVerifyCommand.self,
            ModelsExportCommand.self, ModelsImportCommand.self,
        ])

    /// What a reference looks like, for help.
    static let referenceHelp = "NAME, NAME:VERSION or NAME@ALIAS, the last two also with /VARIANT."
}
