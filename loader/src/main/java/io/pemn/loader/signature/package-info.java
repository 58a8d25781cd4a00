/**
 * Detached signatures of archives, in the format of OpenSSF Model Signing v1.0 with long-lived keys
 * (docs/signatures.md): what they say, and whether a trusted key says it. Internal.
 */
package io.pemn.loader.signature;
