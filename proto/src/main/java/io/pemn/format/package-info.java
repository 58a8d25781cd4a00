/**
 * What a {@code .pemn} archive is, to the bit: its framing, the prototype generator, how layers
 * read the prototype, and masks. Whatever docs/format.md specifies stands here, once, and every
 * other module uses it.
 */
package io.pemn.format;
