/**
 * Encodings of masks. A codec is one class behind {@link io.pemn.format.mask.MaskCodec}, registered
 * in {@link io.pemn.format.mask.MaskCodecs}, and passes the contract test that all codecs share.
 * Internal: what reads and writes archives uses it, applications do not.
 */
package io.pemn.format.mask;
