import TerseJSON

extension Profile {
    /// - Throws: `RegistryError` naming the part, what is allowed and what was found.
    func check() throws(RegistryError) {
        try RecordText.check(host, "profile: host", min: 1, max: RegistryLimits.authorCharactersMax)
        try RecordText.check(program, "profile: program", min: 1, max: RegistryLimits.authorCharactersMax)
        if let textName {
            try RecordText.check(textName, "profile: name of the text", max: RegistryLimits.authorCharactersMax)
        }
        for (object, what) in [(hostDetails, "the host's details"), (conditions, "the conditions")] {
            try RecordText.check(object, "profile: \(what)", bytesMax: RegistryLimits.hostDetailsBytesMax)
            guard (try? JSONValue.parse(object))?.objectValue != nil else {
                throw RegistryError(
                    .invalid,
                    "profile: expected \(what) as a JSON object, found \(object.prefix(120).debugDescription)")
            }
        }
        guard !figures.isEmpty else {
            throw RegistryError(.invalid, "profile: expected at least one figure, found none")
        }
        guard figures.count <= RegistryLimits.figuresMax else {
            throw RegistryError(
                .limitExceeded, "profile: \(figures.count) figures, the limit is \(RegistryLimits.figuresMax)")
        }
        var known: Set<String> = []
        for figure in figures {
            try figure.check()
            guard known.insert("\(figure.quantity) \(figure.batch)").inserted else {
                throw RegistryError(
                    .invalid, "profile: expected one figure of \(figure.quantity) at batch \(figure.batch), found two")
            }
        }
    }
}

extension Profile.Figure {
    fileprivate func check() throws(RegistryError) {
        let texts = [(quantity, "quantity"), (unit, "unit of \(quantity)"), (method, "method of \(quantity)")]
        for (text, what) in texts {
            try RecordText.check(text, "profile: \(what)", min: 1, max: RegistryLimits.nameCharactersMax)
        }
        guard batch >= 1, samples >= 1 else {
            throw RegistryError(
                .invalid,
                "profile: \(quantity): expected batch and samples from 1 on, found \(batch) and \(samples)")
        }
        guard low.isFinite, high.isFinite, low <= value, value <= high else {
            throw RegistryError(
                .invalid,
                "profile: \(quantity): expected a value within its interval, found \(value) in \(low) to \(high)")
        }
    }
}
