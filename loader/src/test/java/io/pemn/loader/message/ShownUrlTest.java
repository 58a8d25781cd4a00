package io.pemn.loader.message;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages show of a URL what says where a file is, and nothing that opens it. */
class ShownUrlTest {
  @ParameterizedTest
  @CsvSource({
    "https://user:secret@host:8443/m.pemn, https://host:8443/m.pemn",
    "https://user@host/m.pemn, https://host/m.pemn",
    "https://user:p@ss@host/m.pemn, https://host/m.pemn",
    "https://host/m.pemn?sig=secret&x=1, https://host/m.pemn",
    "https://host/m.pemn#secret, https://host/m.pemn",
    "https://host?next=https://user:secret@host/, https://host",
    "pemn:https://user:secret@host/m.pemn?sig=secret, pemn:https://host/m.pemn",
    "jar:https://user:secret@host/a.jar!/m.pemn, jar:https://host/a.jar!/m.pemn",
    "HTTPS://user:secret@host/m.pemn, HTTPS://host/m.pemn",
    "pemn:http:user:secret@host/m.pemn, pemn:http:host/m.pemn",
    "http:/user:secret@host/m.pemn, http:/host/m.pemn",
    "ftp://user:secret@host/m.pemn, ftp://host/m.pemn"
  })
  void userPasswordQueryAndFragmentAreLeftOut(String url, String shown) {
    assertEquals(shown, ShownUrl.of(url));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://host/@scope/model@1.pemn",
        "file:/a@b/m.pemn",
        "file:///a@b.pemn",
        "jar:file:/folder/a@b.jar!/m.pemn",
        "pemn:/folder/a@b.pemn",
        "http://[::1]:8080/m.pemn",
        "C:/folder/a@b.pemn"
      })
  void pathsAreShownWhole(String url) {
    assertEquals(url, ShownUrl.of(url));
  }

  @Test
  void urlsOfAllKindsAreTaken() throws Exception {
    URI uri = URI.create("https://user:secret@host/m.pemn?sig=secret");

    assertEquals("https://host/m.pemn", ShownUrl.of(uri));
    assertEquals("https://host/m.pemn", ShownUrl.of(uri.toURL()));
  }
}
