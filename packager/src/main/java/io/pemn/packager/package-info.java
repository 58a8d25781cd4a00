/**
 * From a masked network to a {@code .pemn} file, and from a file to full weights in other formats.
 * {@link io.pemn.packager.AtomicFile} is the only class of the project that writes under a file's
 * final name.
 */
package io.pemn.packager;
