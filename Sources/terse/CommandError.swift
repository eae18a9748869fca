/// A failure of a command itself, where no room below has its own error: a message for the user, exit code 1.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
