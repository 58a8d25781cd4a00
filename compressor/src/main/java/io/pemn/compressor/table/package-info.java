/**
 * Tables of measurements in CSV files that are whole at every moment, so that a measurement goes
 * on.
 */
package io.pemn.compressor.table;
