/**
 * How an archive stores things: its fixed bytes and digests, floats in few bytes, bytes sorted by
 * significance, zstd frames. Internal: what reads and writes archives uses it, applications do not.
 */
package io.pemn.format.storage;
