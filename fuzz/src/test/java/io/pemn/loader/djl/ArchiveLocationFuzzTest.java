package io.pemn.loader.djl;

import io.pemn.fuzz.FuzzTarget;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any text behind {@code pemn:}; places are named and not visited. */
class ArchiveLocationFuzzTest {
  private static final String SECRET = "a-password-of-its-own";

  static List<byte[]> seeds() {
    return Stream.of(
            "model.pemn",
            "/folder/a%20model.pemn",
            "file:///folder/model.pemn?a=b#c",
            "https://user:secret@host:8080/model.pemn?token=x",
            "jar:file:///a.jar!/model.pemn",
            "jar:nested:/a.jar!/b.jar!/model.pemn",
            "C:\\model.pemn")
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isAPlaceOrRefused(byte[] text) {
    String place = new String(text, StandardCharsets.UTF_8);
    if (place.contains(SECRET)) {
      // Jazzer learns what texts are searched for; this one would be no secret.
      return;
    }
    refuseOrName("pemn:" + place);
    refuseOrName("pemn:https://user:" + SECRET + "@" + place);
  }

  private static void refuseOrName(String pemn) {
    URI uri;
    try {
      uri = new URI(pemn);
    } catch (URISyntaxException e) {
      return;
    }
    ArchiveLocation location;
    try {
      location = ArchiveLocation.of(uri);
    } catch (IllegalArgumentException e) {
      if (e.getMessage().contains(SECRET)) {
        throw new AssertionError("It says a secret.", e);
      }
      return;
    }
    location.isFile();
    location.modelName();
  }
}
