/**
 * What can be masked: built-in networks and TorchScript modules, seen alike. A target network knows
 * its parameters by name and what each of them is for, and runs forward.
 */
package io.pemn.compressor.network;
