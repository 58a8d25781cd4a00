/**
 * What this machine can train on: devices, the engine's natives, drivers and threads, and what is
 * missing. Knows no data set and no network.
 */
package io.pemn.compressor.device;
