/**
 * Named tensors as files: safetensors, written and strictly read, and folders of NumPy {@code .npy}
 * files. Knows nothing of networks or archives, and streams one tensor at a time.
 */
package io.pemn.packager.tensors;
