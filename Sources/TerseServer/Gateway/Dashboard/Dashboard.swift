import Hummingbird
import NIOCore

/// The pages at `/`, a chat and the server's figures, and `/operations`, models, rollouts, deployments and routes. They need
/// nothing from elsewhere.
enum Dashboard {
    private static let files: [(path: String, contentType: String, bytes: [UInt8])] = [
        ("/", "text/html; charset=utf-8", PackageResources.dashboard_html),
        ("/operations", "text/html; charset=utf-8", PackageResources.operations_html),
        ("/operations.js", "text/javascript; charset=utf-8", PackageResources.operations_js),
        ("/page.js", "text/javascript; charset=utf-8", PackageResources.page_js),
        ("/dashboard.css", "text/css; charset=utf-8", PackageResources.dashboard_css),
        ("/dashboard.js", "text/javascript; charset=utf-8", PackageResources.dashboard_js),
    ]

    /// What anybody may load; what it shows still asks for a key.
    static let paths = files.map { $0.path }

    /// Nothing from other places, nothing written into the page, no frame round it.
    private static let policy =
        "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    static func add(to router: Router<ServerContext>) {
        for file in files {
            router.get(RouterPath(file.path)) { _, _ in
                var response = Response(
                    status: .ok, headers: [.contentType: file.contentType, .cacheControl: "no-cache"],
                    body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
                response.headers[.contentSecurityPolicy] = policy
                response.headers[.xContentTypeOptions] = "nosniff"
                return response
            }
        }
    }
}
