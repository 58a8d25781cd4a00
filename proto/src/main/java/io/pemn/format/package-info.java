/**
 * What a {@code .pemn} archive is, to the bit: the prototype generator, how layers read the
 * prototype, masks, and what can be wrong with an archive. Whatever docs/format.md specifies stands
 * in this module, once, and every other module uses it.
 */
package io.pemn.format;
