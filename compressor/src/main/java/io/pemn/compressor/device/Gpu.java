package io.pemn.compressor.device;

import java.util.Optional;

/**
 * A GPU that the engine can use.
 *
 * @param number as in {@code gpu:N}
 * @param computeCapability such as {@code 9.0}, where CUDA's runtime library can be asked
 * @param totalBytes of its memory, where that can be asked
 * @param freeBytes of its memory, where that can be asked
 */
public record Gpu(
    int number,
    Optional<String> computeCapability,
    Optional<Long> totalBytes,
    Optional<Long> freeBytes) {}
