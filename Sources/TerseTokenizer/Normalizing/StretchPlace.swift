/// Where a stretch between special tokens lies in the text.
struct StretchPlace {
    /// It is where the text itself begins.
    var isFirst: Bool
    /// The text or a control token ends before it.
    var startsText: Bool
    /// The text or a control token follows it.
    var endsText: Bool
}
