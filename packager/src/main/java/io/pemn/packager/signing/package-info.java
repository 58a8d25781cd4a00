/**
 * Makes keys, and signatures of archives in the format of OpenSSF Model Signing v1.0. What such a
 * signature says, and whether it is good, is the loader's to know.
 */
package io.pemn.packager.signing;
