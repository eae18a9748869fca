/// The order in which bitnet.cpp's I2_S packs weights, which depends on the machine that quantised the file.
///
/// Source: `quantize_i2_s` of https://github.com/microsoft/BitNet (src/ggml-bitnet-mad.cpp).
public enum I2SOrder: String, Sendable, CaseIterable {
    /// Blocks of 128: element 32·g + p is bits 6 − 2g of byte p.
    case x86
    /// Blocks of 64: element 16·g + p is bits 6 − 2g of byte p.
    case arm
}
