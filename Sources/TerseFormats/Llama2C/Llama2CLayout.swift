import TerseTensor

/// The order in which llama2.c writes its tensors.
struct Llama2CLayout {
    enum Section {
        /// A tensor of GGUF's name, shape with the contiguous dimension first, quantised in version 2.
        case tensor(String, [Int], isMatrix: Bool)
        /// Floats that no model needs.
        case skipped(Int)
    }

    let sections: [Section]

    init(_ header: Llama2CHeader) {
        let (dimension, hidden) = (header.dimension, header.hiddenDimension)
        let norms: [Section] = Self.blocks("attn_norm", [dimension], header, isMatrix: false)
        let feedForwardNorms = Self.blocks("ffn_norm", [dimension], header, isMatrix: false)
        let attention =
            Self.blocks("attn_q", [dimension, dimension], header)
            + Self.blocks("attn_k", [dimension, header.kvDimension], header)
            + Self.blocks("attn_v", [dimension, header.kvDimension], header)
            + Self.blocks("attn_output", [dimension, dimension], header)
        let feedForward =
            Self.blocks("ffn_gate", [dimension, hidden], header)
            + Self.blocks("ffn_down", [hidden, dimension], header)
            + Self.blocks("ffn_up", [dimension, hidden], header)
        let embedding = Section.tensor("token_embd.weight", [dimension, header.vocabularySize], isMatrix: true)
        let finalNorm = Section.tensor("output_norm.weight", [dimension], isMatrix: false)
        let head: [Section] =
            header.sharesHead ? [] : [.tensor("output.weight", [dimension, header.vocabularySize], isMatrix: true)]
        if header.version == 0 {
            let ropeTables = Section.skipped(header.contextLength * header.headDimension)
            sections =
                [embedding] + norms + attention + feedForwardNorms + feedForward + [finalNorm, ropeTables] + head
        } else {
            sections = norms + feedForwardNorms + [finalNorm, embedding] + attention + feedForward + head
        }
    }

    private static func blocks(
        _ name: String, _ shape: [Int], _ header: Llama2CHeader, isMatrix: Bool = true
    ) -> [Section] {
        (0..<header.layers).map { .tensor("blk.\($0).\(name).weight", shape, isMatrix: isMatrix) }
    }
}
