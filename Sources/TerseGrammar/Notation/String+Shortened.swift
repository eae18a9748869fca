extension String {
    /// The text as a message has it, which a client's megabyte must not fill.
    var shortened: String {
        let beginning = unicodeScalars.prefix(Self.toldScalarsMax + 1)
        guard beginning.count > Self.toldScalarsMax else { return self }
        return String(String.UnicodeScalarView(beginning.dropLast())) + "…"
    }

    private static let toldScalarsMax = 80
}
