import Testing
@testable import TerseModel
