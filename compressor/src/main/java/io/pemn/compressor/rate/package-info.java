/**
 * Whole-file bytes against test accuracy: archives beside what a user would ship otherwise, every
 * network trained on the same images for as many epochs, every file really encoded, and every
 * accuracy that of the values that the file decodes to.
 */
package io.pemn.compressor.rate;
