/**
 * From a {@code .pemn} file to checked layers and float weights, without DJL. Start at {@link
 * io.pemn.loader.PemnArchive}.
 */
package io.pemn.loader;
