package io.pemn.loader.djl;

import io.pemn.loader.message.ShownUrl;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Where {@code pemn:} and a URL or path lead: a file, a web server, or a resource of the class
 * path. Java reads more kinds of URLs, such as ftp, or a jar from the web; nobody who lets users
 * name an archive expects them.
 *
 * @param uri absolute
 */
record ArchiveLocation(URI uri) {
  private static final int LAST_PORT = 65535;

  /**
   * What follows {@code pemn:}.
   *
   * @throws IllegalArgumentException in one sentence, if that leads to no archive
   */
  static ArchiveLocation of(URI pemn) {
    try {
      URI target = new URI(pemn.getRawSchemeSpecificPart());
      if (target.getScheme() == null || target.getScheme().length() == 1) {
        // A scheme of one letter is a drive of Windows.
        return new ArchiveLocation(Path.of(pemn.getSchemeSpecificPart()).toUri());
      }
      check(pemn, target);
      return new ArchiveLocation(target);
    } catch (Refusal e) {
      throw e;
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new Refusal(pemn, "it is neither a URL nor a path");
    }
  }

  private static void check(URI pemn, URI target) {
    switch (target.getScheme().toLowerCase(Locale.ROOT)) {
      case "file" -> {
        if (!isFile(target)) {
          throw new Refusal(pemn, "a file: URL needs the whole path and nothing else");
        }
      }
      case "http", "https" -> {
        URL url = url(pemn, target);
        if (url.getHost().isEmpty() || url.getPort() > LAST_PORT) {
          throw new Refusal(pemn, "it names no host, or no port that there can be");
        }
      }
      case "jar" -> {
        String content = target.getRawSchemeSpecificPart();
        int end = content.indexOf("!/");
        // Spring Boot's class loader has jars in jars.
        boolean nested = content.startsWith("nested:/");
        if (end < 0 || !nested && !isFile(URI.create(content.substring(0, end)))) {
          throw new Refusal(pemn, "a jar: URL must name a file, and a resource in it after !/");
        }
        url(pemn, target);
      }
      case "jrt" -> url(pemn, target);
      default ->
          throw new Refusal(pemn, "archives are not read from " + target.getScheme() + ": URLs");
    }
  }

  /** Whether it is the absolute path of a file; with a host, Java would ask it by ftp. */
  private static boolean isFile(URI uri) {
    try {
      return "file".equalsIgnoreCase(uri.getScheme()) && Path.of(uri).isAbsolute();
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      return false;
    }
  }

  private static URL url(URI pemn, URI target) {
    try {
      return target.toURL();
    } catch (MalformedURLException | IllegalArgumentException e) {
      throw new Refusal(pemn, "Java cannot read such a URL");
    }
  }

  /** Whether it is a file or folder of this machine. */
  boolean isFile() {
    return isFile(uri);
  }

  /** What DJL shall call the model: the file's name without its suffix. */
  String modelName() {
    String path = uri.getRawSchemeSpecificPart().replaceFirst("[?#].*", "").replaceFirst("/+$", "");
    return ArchiveModel.nameOf(path.substring(path.lastIndexOf('/') + 1));
  }

  /** Names the place without its secrets; has no cause, which would quote them. */
  private static final class Refusal extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    Refusal(URI pemn, String reason) {
      super(
          ShownUrl.of(pemn)
              + " leads to no archive ("
              + reason
              + "); after pemn: give a path, or a URL such as https://host/model.pemn,"
              + " file:///folder/model.pemn or jar:file:///folder/application.jar!/model.pemn.");
    }
  }
}
