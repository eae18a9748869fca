import Foundation

/// What the system says about a failure, without Foundation's wrapping.
enum SystemMessage {
    static func of(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
        guard underlying.domain == NSPOSIXErrorDomain else { return (error as NSError).localizedDescription }
        return String(cString: strerror(Int32(underlying.code)))
    }
}
