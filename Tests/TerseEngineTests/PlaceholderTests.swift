import Testing
@testable import TerseEngine
