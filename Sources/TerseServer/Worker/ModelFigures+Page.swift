import TerseEngine
import TerseTelemetry

extension ServedModel {
    /// All metrics of the model: those that vLLM has, under its names, and what it has no name for.
    var metrics: [MetricFamily] {
        let labels = [("model_name", name)]
        return load(labels) + tokens(labels) + latencies(labels)
    }

    private func load(_ labels: [MetricFamily.Label]) -> [MetricFamily] {
        let now = engine.statistics
        let used = now.blocks > 0 ? Double(now.heldBlocks) / Double(now.blocks) : 0
        return [
            .gauge("vllm:num_requests_running", "Requests that hold KV blocks.", Double(now.running), labels),
            .gauge("vllm:num_requests_waiting", "Requests that wait to be let in.", Double(now.waiting), labels),
            .gauge("vllm:kv_cache_usage_perc", "Share of the KV cache in use, 1 is all.", used, labels),
            .counter("vllm:num_preemptions_total", "Requests that lost their blocks.", now.preemptions, labels),
            .gauge("terse_kv_blocks", "Blocks of the KV cache.", Double(now.blocks), labels),
            .gauge("terse_kv_blocks_held", "Blocks in use by requests.", Double(now.heldBlocks), labels),
            .gauge("terse_kv_blocks_kept", "Blocks kept for prompts that begin alike.", Double(now.keptBlocks), labels),
            .gauge("terse_waiting_tokens", "Tokens of requests that wait.", Double(now.waitingTokens), labels),
            .counter(
                "terse_nonfinite_logits_total", "Requests that failed because logits were not finite numbers.",
                now.notFiniteFailures, labels),
            .counter("terse_steps_total", "Passes over the weights.", now.steps, labels),
            .counter("terse_refused_total", "Requests refused because too many waited.", now.refusals, labels),
        ]
    }

    private func tokens(_ labels: [MetricFamily.Label]) -> [MetricFamily] {
        let now = engine.statistics
        let finished: [(String, Counter)] = [
            ("stop", figures.stopped), ("length", figures.lengthReached), ("abort", figures.aborted),
        ]
        return [
            .counter("vllm:prompt_tokens_total", "Tokens of prompts.", now.promptTokens, labels),
            .counter("vllm:generation_tokens_total", "Tokens generated.", now.generatedTokens, labels),
            .counter("vllm:prefix_cache_queries_total", "Prompt tokens looked up.", now.promptTokens, labels),
            .counter("vllm:prefix_cache_hits_total", "Prompt tokens that the cache had.", now.reusedTokens, labels),
            .counter("terse_computed_tokens_total", "Tokens computed, guesses included.", now.computedTokens, labels),
            .counter("vllm:spec_decode_num_drafts_total", "Times that guesses were checked.", now.drafts, labels),
            .counter("vllm:spec_decode_num_draft_tokens_total", "Tokens guessed at.", now.guesses, labels),
            .counter(
                "vllm:spec_decode_num_accepted_tokens_total", "Guesses that were right.", now.acceptedGuesses, labels),
            .counter("terse_draft_passes_total", "Passes of the draft model.", now.draftPasses, labels),
            MetricFamily(
                "vllm:request_success_total", .counter, "Requests that ended, by reason.",
                finished.map { .number(labels + [("finished_reason", $0.0)], Double($0.1.value)) }),
        ]
    }

    private func latencies(_ labels: [MetricFamily.Label]) -> [MetricFamily] {
        [
            .histogram(
                "vllm:time_to_first_token_seconds", "From the request to its first token.", figures.timeToFirstToken,
                labels),
            .histogram(
                "vllm:inter_token_latency_seconds", "From a token to the next.", figures.timeBetweenTokens, labels),
            .histogram(
                "vllm:request_time_per_output_token_seconds", "Mean time of a request's tokens after the first.",
                figures.timePerToken, labels),
            .histogram(
                "vllm:e2e_request_latency_seconds", "From the request to its last token.", figures.requestTime, labels),
            .histogram("vllm:request_queue_time_seconds", "Until a request was let in.", figures.queueTime, labels),
            .histogram(
                "vllm:request_prefill_time_seconds", "From then until its prompt was in.", figures.prefillTime,
                labels),
            .histogram(
                "vllm:request_decode_time_seconds", "From its first token to its last.", figures.decodeTime, labels),
            .histogram(
                "vllm:request_prompt_tokens", "Tokens of a request's prompt.", figures.promptTokens, labels),
            .histogram(
                "vllm:request_generation_tokens", "Tokens generated for a request.", figures.generatedTokens, labels),
        ]
    }
}
