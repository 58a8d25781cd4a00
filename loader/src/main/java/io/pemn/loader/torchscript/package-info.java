/**
 * TorchScript files without PyTorch: what an archive keeps of one, and the file rebuilt from it.
 * Start at {@link io.pemn.loader.torchscript.TorchScriptModule}.
 */
package io.pemn.loader.torchscript;
