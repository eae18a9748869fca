/// Small llama2.c checkpoints, put together by the order of its export.py. Float weights count up in steps of 1/256, so
/// that a tensor's first value says where it was read.
enum Llama2CFixture {
    static let dimension = 8
    static let hidden = 12
    static let layers = 2
    static let heads = 2
    static let kvHeads = 1
    static let vocabulary = 6
    static let context = 4
    static let groupSize = 4

    static func file(version: Int) throws -> [UInt8] {
        var file = ByteBuilder()
        if version > 0 {
            file.integer(UInt32(0x616B_3432))
            file.integer(Int32(version))
        }
        for value in [dimension, hidden, layers, heads, kvHeads, vocabulary, context] { file.integer(Int32(value)) }
        if version > 0 {
            file.integer(UInt8(1))
            if version == 2 { file.integer(Int32(groupSize)) }
            file.bytes += [UInt8](repeating: 0, count: 256 - file.bytes.count)
        }
        var counter = 0
        func floats(_ count: Int) {
            for _ in 0..<count {
                file.float(Float(counter) / 256)
                counter += 1
            }
        }
        func matrix(_ count: Int) {
            guard version == 2 else { return floats(count) }
            for index in 0..<count { file.integer(Int8(truncatingIfNeeded: index % 255 - 127)) }
            for group in 0..<count / groupSize { file.float(Float(group + 1) / 64) }
        }
        let attention = [
            dimension * dimension, dimension * dimension / 2, dimension * dimension / 2, dimension * dimension,
        ]
        let feedForward = [dimension * hidden, dimension * hidden, dimension * hidden]
        let norms = layers * dimension
        if version == 0 {
            matrix(vocabulary * dimension)
            floats(norms)
            for count in attention { for _ in 0..<layers { matrix(count) } }
            floats(norms)
            for count in feedForward { for _ in 0..<layers { matrix(count) } }
            floats(dimension)
            floats(context * dimension / heads)
        } else {
            floats(norms)
            floats(norms)
            floats(dimension)
            matrix(vocabulary * dimension)
            for count in attention + feedForward { for _ in 0..<layers { matrix(count) } }
        }
        return file.bytes
    }
}
