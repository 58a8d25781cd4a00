/**
 * TorchScript files read without PyTorch and without running anything that they contain. Start at
 * {@link io.pemn.packager.torchscript.TorchScriptFile}.
 */
package io.pemn.packager.torchscript;
