/**
 * The built-in networks as DJL blocks, built from their descriptions. Training and loading build
 * the same blocks here, so that a network means one thing.
 */
package io.pemn.loader.network;
