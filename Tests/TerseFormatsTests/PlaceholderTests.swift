import Testing
@testable import TerseFormats
