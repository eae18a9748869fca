/// A GGUF file with one I2_S tensor, put together by bitnet.cpp's rules: two rows of 128 weights, then their scale.
///
/// Source: `quantize_i2_s` of https://github.com/microsoft/BitNet, src/ggml-bitnet-mad.cpp.
enum I2SFixture {
    static let scale: Float = 0.375
    /// −1, 0, 1 in an order that no block repeats.
    static let weights: [Int8] = (0..<256).map { (index: Int) -> Int8 in Int8((index * index / 3 + index) % 3) - 1 }

    /// - Parameter blockElements: 128 as x86 quantises, 64 as Arm does.
    static func file(blockElements: Int = 128) throws -> [UInt8] {
        var file = ByteBuilder()
        file.bytes += Array("GGUF".utf8)
        file.integer(UInt32(3))
        file.integer(UInt64(1))
        file.integer(UInt64(1))
        file.string("general.architecture")
        file.integer(UInt32(8))
        file.string("bitnet-b1.58")
        file.string("blk.0.ffn_up.weight")
        file.integer(UInt32(2))
        file.integer(UInt64(128))
        file.integer(UInt64(2))
        file.integer(UInt32(36))
        file.integer(UInt64(0))
        file.pad(to: 32)
        var packed = [UInt8](repeating: 0, count: 64)
        let lanes = blockElements / 4
        for (index, weight) in weights.enumerated() {
            let (block, element) = (index / blockElements, index % blockElements)
            packed[block * lanes + element % lanes] |= UInt8(weight + 1) << UInt8(6 - 2 * (element / lanes))
        }
        file.bytes += packed
        file.float(scale)
        file.bytes += [UInt8](repeating: 0, count: 28)
        return file.bytes
    }
}
