/**
 * Edge-popup (Ramanujan et al., CVPR 2020) over a shared prototype: scores, the selection of the
 * weights that a mask keeps, and the optimizer that learns the scores. Nothing here knows what
 * network or data it works on.
 */
package io.pemn.compressor.masking;
