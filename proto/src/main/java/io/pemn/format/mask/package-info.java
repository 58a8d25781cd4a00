/**
 * Encodings of masks. A codec is one class behind {@link io.pemn.format.mask.MaskCodec}, registered
 * in {@link io.pemn.format.mask.MaskCodecs}, and passes the contract test that all codecs share.
 */
package io.pemn.format.mask;
