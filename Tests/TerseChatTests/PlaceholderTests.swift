import Testing
@testable import TerseChat
