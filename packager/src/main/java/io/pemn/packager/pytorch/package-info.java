/**
 * What the files of {@code torch.save} and {@code torch.jit.save} have in common: a zip with a
 * pickle, and tensors in storages. Nothing is run. Start at {@link
 * io.pemn.packager.pytorch.PyTorchZip}.
 */
package io.pemn.packager.pytorch;
