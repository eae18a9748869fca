/// Regular expressions of the formats that are enforced (JSON Schema 2020-12 Validation, section 7.3). Each accepts less
/// than its standard where readers disagree.
enum StringFormat {
    static let patterns: [String: String] = [
        "date": "^\(date)$",
        "time": "^\(time)$",
        "date-time": "^\(date)T\(time)$",
        "duration": "^\(duration)$",
        "email": "^\(email)$",
        "hostname": "^(?:\(label)\\.){0,3}\(topLabel)$",
        "ipv4": "^\(ipv4)$",
        "ipv6": "^(?:\(ipv6))$",
        "uuid": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    ]

    /// RFC 3339 full-date with the length of each month, from the year 1 on.
    private static let date: String = {
        let month31 = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
        let month30 = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
        let february = "02-(?:0[1-9]|1[0-9]|2[0-8])"
        let leapPairs = "0[48]|[2468][048]|[13579][26]"
        let leapYear = "(?:[0-9]{2}(?:\(leapPairs))|(?:\(leapPairs))00)"
        let year = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
        return "(?:\(year)-(?:\(month31)|\(month30)|\(february))|\(leapYear)-02-29)"
    }()

    /// RFC 3339 full-time without leap seconds, which few readers know.
    private static let time =
        "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"

    /// RFC 3339, appendix A: weeks alone, or units without a gap.
    private static let duration: String = {
        let number = "[0-9]{1,4}"
        let minutes = "\(number)M(?:\(number)S)?"
        let hours = "\(number)H(?:\(minutes))?"
        let clock = "T(?:\(hours)|\(minutes)|\(number)S)"
        let days = "\(number)D"
        let months = "\(number)M(?:\(days))?"
        let years = "\(number)Y(?:\(months))?"
        return "P(?:(?:\(years)|\(months)|\(days))(?:\(clock))?|\(clock)|\(number)W)"
    }()

    /// RFC 5321 with a local part of atoms.
    private static let email: String = {
        let atom = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~]"
        return "\(atom){1,30}(?:\\.\(atom){1,16}){0,2}@(?:\(label)\\.){1,3}\(topLabel)"
    }()

    /// RFC 1123; two hyphens in the third and fourth place would claim to be punycode.
    private static let label = "[A-Za-z0-9](?:[A-Za-z0-9]|-[A-Za-z0-9]){0,14}"
    private static let topLabel = "[A-Za-z](?:[A-Za-z0-9]|-[A-Za-z0-9]){1,14}"

    private static let octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
    private static let ipv4 = "(?:\(octet)\\.){3}\(octet)"

    /// RFC 4291: eight groups, or fewer with one gap.
    private static let ipv6: String = {
        let group = "[0-9a-fA-F]{1,4}"
        var forms = ["(?:\(group):){7}\(group)", "(?:\(group):){6}\(ipv4)"]
        for before in 0...6 {
            let head = before == 0 ? ":" : "(?:\(group):){\(before)}"
            let after = 6 - before
            forms.append(after == 0 ? "\(head):(?:\(group))?" : "\(head):(?:(?:\(group):){0,\(after)}\(group))?")
        }
        return forms.joined(separator: "|")
    }()
}
