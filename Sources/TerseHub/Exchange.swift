import AsyncHTTPClient
import Foundation
import NIOCore

/// A request and the answer at the end of its redirects.
struct Exchange {
    let response: HTTPClientResponse
    /// Where the answer came from.
    let url: URL
    /// What the hub says about a file before it sends on to where the bytes are.
    let hub: HubHeaders

    /// Asks for the bytes of `url` from `offset` on, following redirects.
    ///
    /// The token goes to the endpoint alone: not to another host that it redirects to.
    static func open(
        _ url: URL, from offset: Int64, validator: String?, configuration: DownloadConfiguration, client: HTTPClient
    ) async throws(AttemptFailure) -> Exchange {
        var current = url
        var hub = HubHeaders()
        for _ in 0...configuration.maximumRedirects {
            var request = HTTPClientRequest(url: current.absoluteString)
            request.headers.add(name: "User-Agent", value: "terse")
            request.headers.add(name: "Accept-Encoding", value: "identity")
            let isHub = current.isSameOrigin(as: configuration.endpoint)
            if let token = configuration.token, isHub {
                request.headers.add(name: "Authorization", value: "Bearer \(token)")
            }
            if offset > 0 {
                request.headers.add(name: "Range", value: "bytes=\(offset)-")
                if let validator { request.headers.add(name: "If-Range", value: validator) }
            }
            let response: HTTPClientResponse
            do {
                response = try await client.execute(request, deadline: .distantFuture)
            } catch {
                throw AttemptFailure(error, url: current)
            }
            if isHub { hub.take { response.headers.first(name: $0) } }
            guard [301, 302, 303, 307, 308].contains(response.status.code) else {
                return Exchange(response: response, url: current, hub: hub)
            }
            current = try target(of: response, at: current)
        }
        throw AttemptFailure(.refused, "\(url.shown): more than \(configuration.maximumRedirects) redirects")
    }

    private static func target(of response: HTTPClientResponse, at url: URL) throws(AttemptFailure) -> URL {
        guard let location = response.headers.first(name: "Location"),
            let target = URL(string: location, relativeTo: url)?.absoluteURL, let scheme = target.scheme?.lowercased(),
            let host = target.host(), !host.isEmpty
        else {
            throw AttemptFailure(
                .refused, "\(url.shown): status \(response.status.code) redirects to no URL")
        }
        guard scheme == "https" || (scheme == "http" && url.scheme?.lowercased() == "http") else {
            throw AttemptFailure(
                .refused, "\(url.shown): redirects from \(url.scheme ?? "") to \(scheme), which is not followed")
        }
        return target
    }

    /// Fails unless the answer brings the file's bytes as they are, or says that there are no more.
    func check(hasToken: Bool) throws(AttemptFailure) {
        let code = response.status.code
        let place = "\(url.shown): status \(code)"
        switch code {
        case 200, 206, 416: break
        case 401, 403:
            let advice = hasToken ? "the token in HF_TOKEN may not read it" : "it may need a token in HF_TOKEN"
            throw AttemptFailure(.unauthorized, "\(place), not allowed; \(advice)")
        case 404, 410: throw AttemptFailure(.notFound, "\(place), there is no such file")
        case 408, 429, 500, 502, 503, 504:
            let wait = RetryPolicy.retryAfter(response.headers.first(name: "Retry-After"), now: Date())
            throw AttemptFailure(
                .refused, "\(place), \(response.status.reasonPhrase)", isTransient: true, retryAfter: wait)
        default: throw AttemptFailure(.refused, "\(place), \(response.status.reasonPhrase)")
        }
        let encoding = response.headers.first(name: "Content-Encoding")?.lowercased() ?? "identity"
        guard encoding == "identity" else {
            throw AttemptFailure(.refused, "\(url.shown): sent with the encoding \(encoding), which was not asked for")
        }
    }

    var contentRange: ContentRange? { response.headers.first(name: "Content-Range").flatMap { ContentRange($0) } }

    var contentLength: Int64? { response.headers.first(name: "Content-Length").flatMap { Int64(digits: $0) } }

    /// Whether the end of the body can be told from a connection that was cut.
    var hasMarkedEnd: Bool { contentLength != nil || response.headers.contains(name: "Transfer-Encoding") }

    /// Weak tags name no exact bytes, so nothing can be resumed under them.
    var strongETag: String? {
        guard let tag = response.headers.first(name: "ETag"), tag.hasPrefix("\"") else { return nil }
        return tag
    }

    var lastModified: String? { response.headers.first(name: "Last-Modified") }

    /// The time of the last change, where it was long enough ago that there was no second one in the same second
    /// (RFC 9110, 8.8.2.2).
    var strongLastModified: String? {
        guard let lastModified, let changed = RetryPolicy.date(lastModified),
            let now = response.headers.first(name: "Date").flatMap(RetryPolicy.date), now - changed >= 1
        else { return nil }
        return lastModified
    }
}

/// What the Hugging Face hub tells about a file in headers of its own.
struct HubHeaders: Equatable {
    var size: Int64?
    var sha256: String?
    /// The commit that a branch or tag stands for.
    var commit: String?

    /// Takes what an answer says and keeps what it does not.
    mutating func take(_ header: (String) -> String?) {
        size = header("X-Linked-Size").flatMap { Int64(digits: $0) } ?? size
        // Of large files the tag is the SHA-256; of small ones it is git's hash, which is shorter.
        let tag = header("X-Linked-ETag") ?? header("ETag")
        if let digits = tag?.trimmingCharacters(in: ["\""]).lowercased(), digits.isSHA256 { sha256 = digits }
        if let value = header("X-Repo-Commit")?.lowercased(), value.utf8.count == 40,
            value.allSatisfy(\.isHexDigit)
        {
            commit = value
        }
    }
}
