import Testing
@testable import TerseEvaluation
