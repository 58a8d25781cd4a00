/**
 * What an archive stores of the tensors that no mask replaces: batch normalisations folded, floats
 * in fewer bytes. Start at {@link io.pemn.packager.remainder.RemainderCoder}.
 */
package io.pemn.packager.remainder;
