package io.pemn.cli;

import io.pemn.format.PemnFormatException;
import io.pemn.loader.PemnArchive;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Exports;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What applications may use: the packages that the libraries' modules export to everybody. */
final class PublicApi {
  /** What protobuf's compiler makes of archive.proto; its members are not ours to word. */
  static final String GENERATED = "io.pemn.format.proto";

  private PublicApi() {}

  static Set<String> packages() {
    Set<String> packages = new TreeSet<>();
    modules()
        .flatMap(module -> module.exports().stream())
        .filter(exports -> !exports.isQualified())
        .map(Exports::source)
        .forEach(packages::add);
    return packages;
  }

  /** The libraries' other packages. */
  static Set<String> internalPackages() {
    Set<String> packages = new TreeSet<>();
    modules().forEach(module -> packages.addAll(module.packages()));
    packages.removeAll(packages());
    return packages;
  }

  private static Stream<ModuleDescriptor> modules() {
    return Stream.of(PemnFormatException.class, PemnArchive.class).map(PublicApi::module);
  }

  private static ModuleDescriptor module(Class<?> type) {
    try {
      Path classes = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
      return ModuleFinder.of(classes).findAll().iterator().next().descriptor();
    } catch (URISyntaxException e) {
      throw new AssertionError("Class paths are made of paths.", e);
    }
  }
}
