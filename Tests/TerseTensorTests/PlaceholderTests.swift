import Testing
@testable import TerseTensor
