/**
 * What a {@code .pemn} archive is, to the bit. Applications start at the module {@code
 * io.pemn.loader}, which reads archives; the types here are what it speaks of.
 *
 * <p>Packages that are exported to everybody are API (docs/api.md); the others are internal.
 */
@SuppressWarnings({
  "requires-automatic", // protobuf-java has a name but no module-info.
  "requires-transitive-automatic",
  "module" // The loader is compiled after this module.
})
module io.pemn.format {
  requires transitive com.google.protobuf;
  requires com.github.luben.zstd_jni;
  requires roaringbitmap;

  exports io.pemn.format;
  exports io.pemn.format.network;
  exports io.pemn.format.proto;
  exports io.pemn.format.mask to
      io.pemn.loader;
  exports io.pemn.format.storage to
      io.pemn.loader;
  exports io.pemn.format.text to
      io.pemn.loader;
}
