import AsyncHTTPClient

extension AnswerTimes {
    /// What a worker says of an answer that is not streamed.
    init?(_ response: HTTPClientResponse) {
        guard let header = response.headers.first(name: "x-terse-times") else { return nil }
        self.init(header: header)
    }
}
