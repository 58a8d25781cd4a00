/**
 * Python's pickles read without Python and without running anything that they ask for. Start at
 * {@link io.pemn.packager.pickle.Pickle}.
 */
package io.pemn.packager.pickle;
