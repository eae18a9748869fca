import Testing
@testable import TerseTokenizer
