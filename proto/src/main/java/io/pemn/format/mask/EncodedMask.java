package io.pemn.format.mask;

/**
 * A mask as it is stored.
 *
 * @param stored the bytes in the file
 * @param decodedBytes number of bytes before the last compression step; 0 if there is none
 */
public record EncodedMask(byte[] stored, long decodedBytes) {}
