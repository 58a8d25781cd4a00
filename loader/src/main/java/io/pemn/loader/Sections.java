package io.pemn.loader;

/**
 * Where a file's bytes are; they add up to its size.
 *
 * @param masks the kept positions and the signs
 * @param remainder what is not masked
 * @param prototype values that travel instead of being regenerated
 * @param module the TorchScript module without its numbers
 * @param metadata everything else: head, digests, tags and lengths
 * @since 0.1
 */
public record Sections(long masks, long remainder, long prototype, long module, long metadata) {}
