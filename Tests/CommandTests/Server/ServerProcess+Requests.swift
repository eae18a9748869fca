import Foundation
import FoundationNetworking
import TerseJSON
import Testing

extension ServerProcess {
    /// What it told.
    struct Answer {
        let status: Int
        let json: JSONValue
    }

    /// Sends one request, and reads an answer in JSON.
    /// - Parameter key: that of the client, where the server asks for one.
    func ask(
        _ path: String, _ method: String = "GET", _ body: String? = nil, key: String? = nil
    ) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
        let (data, response) = try await URLSession.shared.data(for: request)
        let status = try #require(response as? HTTPURLResponse).statusCode
        return Answer(status: status, json: try JSONValue.parse(data))
    }
}
