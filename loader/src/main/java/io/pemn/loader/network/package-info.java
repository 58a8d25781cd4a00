/**
 * The built-in networks as DJL blocks, built from their descriptions. Training and loading build
 * the same blocks here, so that a network means one thing. Internal: applications get these
 * networks as DJL models from {@code io.pemn.loader.djl}.
 */
package io.pemn.loader.network;
