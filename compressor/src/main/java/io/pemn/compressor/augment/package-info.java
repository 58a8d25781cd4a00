/**
 * Changes training images at random, as tensors and batch by batch on the device that trains, the
 * way the authors' torchvision pipeline changes pictures. Nothing here knows the network; what
 * happens to an image depends on the seed, the epoch and the image's place in it alone.
 */
package io.pemn.compressor.augment;
