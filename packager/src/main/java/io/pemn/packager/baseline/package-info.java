/**
 * What a user would ship instead of an archive: the weights themselves as floats, as integers with
 * scales, or as sparse matrices, in files that are really written, so that their sizes are no
 * estimates.
 */
package io.pemn.packager.baseline;
