/**
 * Makes archives of what other programs have trained: finds the parameters of a built-in network in
 * a state_dict, the masks in its scores, and a prototype in its fixed weights. Start at {@link
 * io.pemn.packager.imports.CheckpointImport}.
 */
package io.pemn.packager.imports;
