/**
 * TorchScript files without PyTorch: what an archive keeps of one, and the file rebuilt from it.
 * Start at {@link io.pemn.loader.torchscript.TorchScriptModule}. Internal: applications use {@link
 * io.pemn.loader.PemnArchive#writeTorchScript}.
 */
package io.pemn.loader.torchscript;
