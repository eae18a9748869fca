import Testing
@testable import TerseJSON
