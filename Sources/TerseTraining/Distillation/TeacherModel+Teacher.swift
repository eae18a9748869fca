import Foundation
import TerseModel
import TerseTensor

extension TeacherModel {
    /// What the student must have room for.
    func plan(_ settings: DistillationSettings, _ shape: ModelShape) -> DistillationPlan {
        var relation: DistillationPlan.Relation?
        if settings.weights.attention > 0 {
            relation = DistillationPlan.Relation(
                layer: settings.relation.studentLayer ?? shape.layerCount - 1,
                heads: settings.relation.heads ?? shape.kvHeadCount,
                teacherQueryWidth: model.configuration.querySize, teacherKVWidth: model.configuration.kvSize)
        }
        return DistillationPlan(usesLogits: settings.weights.usesLogits, relation: relation)
    }

    /// The teacher as the settings want it: beside the student, or in a file of `folder` that is made now unless it is
    /// there.
    /// - Parameters:
    ///   - requiring: Is told the bytes of memory that asking ahead takes, before it begins.
    ///   - progress: Is told the positions of the stream that the teacher has judged, and all; false stops.
    /// - Returns: Nil when `progress` stopped it.
    func teacher(
        _ recipe: TrainingRecipe, _ settings: DistillationSettings, stream: TokenStream, folder: String,
        team: ThreadTeam, requiring: (Int) throws(TrainingError) -> Void, progress: (Int, Int) -> Bool
    ) throws(TrainingError) -> (any Teacher)? {
        let (work, vocabulary) = (recipe.work, recipe.shape.vocabularySize)
        guard case .cached(let topK, let bytesMax) = settings.source else {
            let last = model.configuration.layerCount - 1
            return try LiveTeacher(
                model, windows: work.windowsAtOnce, tokensPerWindow: work.windowTokens, vocabularySize: vocabulary,
                layer: settings.weights.attention > 0 ? settings.relation.teacherLayer ?? last : nil, team: team)
        }
        let layout = cacheLayout(
            stream, outcomes: min(topK, vocabulary - 1), blockPositions: max(1, work.windowTokens / 2),
            vocabulary: vocabulary, temperature: settings.weights.temperature)
        guard layout.byteCount <= bytesMax else {
            throw TrainingError(
                .limitExceeded,
                "distillation: \(layout.outcomes) tokens of the teacher for each of \(layout.positions) take "
                    + "\(layout.byteCount) bytes, cache_gib allows \(bytesMax); lower top_k or raise cache_gib")
        }
        let path = folder + "/teacher.logits"
        func cached(_ cache: TeacherCache) -> CachedTeacher {
            CachedTeacher(cache, tokensPerWindow: work.windowTokens, vocabularySize: vocabulary, team: team)
        }
        if FileManager.default.fileExists(atPath: path) { return cached(try TeacherCache(path: path, layout: layout)) }
        try checkRoom(for: path, in: folder, layout)
        let asked = try LiveTeacher(
            model, windows: 1, tokensPerWindow: 2 * layout.blockPositions, vocabularySize: vocabulary, layer: nil,
            team: team)
        let writer = TeacherCacheWriter(
            teacher: asked, stream: stream, layout: layout, temperature: settings.weights.temperature,
            vocabularySize: vocabulary, team: team)
        try requiring(writer.byteCount)
        return try writer.cache(at: path) { progress($0, layout.positions) }.map(cached)
    }

    /// - Throws: `TrainingError` (`system`) when the disk has no room for what is not yet written of the file.
    private func checkRoom(for path: String, in folder: String, _ layout: TeacherCache.Layout) throws(TrainingError) {
        var status = stat()
        let held = stat(path + ".unfinished", &status) == 0 ? Int(status.st_size) : 0
        guard let free = RunRequirements.freeBytes(folder), layout.byteCount - held > free else { return }
        throw TrainingError(
            .system,
            "\(path): \(layout.byteCount - held) bytes of disk are needed for what the teacher says, \(free) are free; "
                + "make room or lower distillation.top_k")
    }

    private func cacheLayout(
        _ stream: TokenStream, outcomes: Int, blockPositions: Int, vocabulary: Int, temperature: Double
    ) -> TeacherCache.Layout {
        var fingerprint = Fingerprint()
        fingerprint.take(self.fingerprint)
        fingerprint.take(temperature.bitPattern)
        fingerprint.take(UInt64(vocabulary))
        fingerprint.take(stream.fingerprint)
        return TeacherCache.Layout(
            fingerprint: fingerprint.value, positions: stream.count, outcomes: outcomes, blockPositions: blockPositions,
            bytesPerToken: TokenDatasetLayout.bytesPerToken(vocabularySize: vocabulary))
    }
}
