package io.pemn.loader;

import java.security.PublicKey;

/**
 * A detached signature that was found good before the archive was looked at: one of the policy's
 * keys signed exactly the bytes of this archive.
 *
 * @param key the key that signed, one of {@link LoadPolicy#signers()}
 * @param fingerprint what names the key in signatures: SHA-256 of the key's PEM file, 64
 *     hexadecimal digits
 * @param name what the signer called the archive; nobody checks that the file is still called so
 * @since 0.1
 */
public record ArchiveSignature(PublicKey key, String fingerprint, String name) {}
