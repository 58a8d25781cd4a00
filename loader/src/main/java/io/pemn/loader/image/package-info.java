/**
 * Images before they are a network's input: what training and prediction must do alike. It knows no
 * engine and no image library. Internal: applications use {@code
 * io.pemn.loader.djl.ImageTranslator}.
 */
package io.pemn.loader.image;
