/**
 * Where an archive's bytes went: sizes, ratios and how close the masks come to their entropy. Every
 * figure counts the whole file.
 */
package io.pemn.packager.report;
