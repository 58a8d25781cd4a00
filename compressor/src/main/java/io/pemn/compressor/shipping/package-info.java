/**
 * What a trained network becomes when it is shipped, as an archive or as plain weights: the file is
 * really written, read again, and measured as it was read.
 */
package io.pemn.compressor.shipping;
