import AsyncHTTPClient
import HTTPTypes

extension AnswerTimes {
    /// What a worker says of an answer that is not streamed.
    init?(_ response: HTTPClientResponse) {
        guard let header = response.headers.first(name: HTTPField.Name.workerTimes.canonicalName) else { return nil }
        self.init(header: header)
    }
}
