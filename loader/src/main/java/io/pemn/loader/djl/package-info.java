/**
 * From an archive to a DJL model that predicts. Needs DJL and its PyTorch engine on the class path,
 * which the loader itself does not bring along.
 */
package io.pemn.loader.djl;
