package io.pemn.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wherever a signed archive comes from, its signature is found, or one sentence says why not. */
class SignedSourcesTest {
  private static final Path VECTORS =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/signatures");

  @TempDir private Path folder;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private LoadPolicy policy;
  private byte[] bytes;
  private byte[] signature;

  @BeforeEach
  void start() throws IOException {
    policy = LoadPolicy.signedBy(VECTORS.resolve("signer.pub"));
    bytes = Files.readAllBytes(VECTORS.resolve("model.pemn"));
    signature = Files.readAllBytes(VECTORS.resolve("file.sig"));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    Map<String, byte[]> content =
        Map.of(
            "/model.pemn",
            bytes,
            "/model.pemn.sig",
            signature,
            "/unsigned.pemn",
            bytes,
            "/huge.pemn",
            bytes,
            "/huge.pemn.sig",
            new byte[3 << 20],
            "/other.pemn",
            new byte[100],
            "/other.pemn.sig",
            signature);
    server.createContext(
        "/",
        exchange -> {
          asked.add(exchange.getRequestURI().toString());
          byte[] answer = content.get(exchange.getRequestURI().getPath());
          exchange.sendResponseHeaders(answer == null ? 404 : 200, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(answer == null ? new byte[0] : answer);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private URL url(String path) throws IOException {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path).toURL();
  }

  @Test
  void aServerHasTheSignatureBesideTheArchiveAndIsAskedForItFirst() throws IOException {
    PemnArchive.open(url("/model.pemn?token=a%20b"), policy).verify();
    assertEquals(List.of("/model.pemn.sig?token=a%20b", "/model.pemn?token=a%20b"), asked);
  }

  @ParameterizedTest
  @CsvSource({
    "http://h/a.pemn,http://h/a.pemn.sig",
    "http://u:p@h:1/a.pemn?q=1?2#f,http://u:p@h:1/a.pemn.sig?q=1?2#f",
    "jar:file:/x.jar!/a.pemn,jar:file:/x.jar!/a.pemn.sig"
  })
  void theSignatureHasTheNameOfTheArchiveWithAnEnding(String archive, String expected)
      throws IOException {
    URL url = URI.create(archive).toURL();
    assertEquals(expected, SignatureSource.signatureOf(url).toExternalForm());
  }

  @Test
  void aServerWithoutASignatureIsNotAskedForTheArchive() throws IOException {
    URL unsigned = url("/unsigned.pemn");
    assertRefused("There is no signature at " + unsigned + ".sig, and", () -> open(unsigned));
    assertEquals(List.of("/unsigned.pemn.sig"), asked);
    PemnArchive.open(unsigned, policy.withSignature(signature)).verify();
  }

  @Test
  void aServerMaySendWhatItLikes() throws IOException {
    URL huge = url("/huge.pemn");
    assertRefused("but at most 1048576 is expected", () -> open(huge));
    URL other = url("/other.pemn");
    assertRefused("it is another file, or was changed since", () -> open(other));
  }

  @Test
  void aResourceHasItsSignatureBesideIt() throws IOException {
    Path jar = folder.resolve("models.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry("models/a.pemn"));
      out.write(bytes);
      out.putNextEntry(new ZipEntry("models/a.pemn.sig"));
      out.write(signature);
      out.putNextEntry(new ZipEntry("models/b.pemn"));
      out.write(bytes);
    }
    try (URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
      open(classes.getResource("models/a.pemn")).verify();
      URL unsigned = classes.getResource("models/b.pemn");
      assertRefused("There is no signature at ", () -> open(unsigned));
    }
  }

  @Test
  void aFileAsAUrlHasItsSignatureBesideIt() throws IOException {
    Path file = Files.write(folder.resolve("a b.pemn"), bytes);
    URL url = file.toUri().toURL();
    assertRefused("There is no signature " + file + ".sig", () -> open(url));
    Files.write(folder.resolve("a b.pemn.sig"), signature);
    open(url).verify();
  }

  @Test
  void whatComesWithoutAPlaceComesWithItsSignatureInThePolicy() throws IOException {
    LoadPolicy carrying = policy.withSignature(signature);
    PemnArchive.read(bytes, carrying).verify();
    PemnArchive.read(new ByteArrayInputStream(bytes), carrying).verify();
    assertRefused("no signature came with this one", () -> PemnArchive.read(bytes, policy));
    byte[] changed = bytes.clone();
    changed[bytes.length - 1] ^= 1;
    assertRefused(
        "it is another file", () -> PemnArchive.read(new ByteArrayInputStream(changed), carrying));
  }

  @Test
  void aStreamWithoutASignatureIsNotRead() {
    InputStream untouched =
        new InputStream() {
          @Override
          public int read() {
            throw new AssertionError("is read");
          }
        };
    assertRefused("no signature came with this one", () -> PemnArchive.read(untouched, policy));
  }

  @Test
  void aStreamOfASignedArchiveIsReadToItsEndAndLeftOpen() throws IOException {
    boolean[] closed = new boolean[1];
    FilterInputStream in =
        new FilterInputStream(new ByteArrayInputStream(bytes)) {
          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            return super.read(target, offset, Math.min(length, 100));
          }

          @Override
          public void close() {
            closed[0] = true;
          }
        };
    PemnArchive.read(in, policy.withSignature(signature)).verify();
    assertEquals(-1, in.read());
    assertEquals(false, closed[0]);
  }

  @Test
  void limitsHoldForSignedArchivesToo() throws IOException {
    LoadPolicy tight =
        policy.withSignature(signature).withLimits(Limits.DEFAULT.withFileBytes(100));
    assertThrows(
        PemnFormatException.LimitExceeded.class,
        () -> PemnArchive.read(new ByteArrayInputStream(bytes), tight));
    assertThrows(
        PemnFormatException.LimitExceeded.class,
        () -> PemnArchive.open(VECTORS.resolve("model.pemn"), tight));
  }

  @Test
  void programsAreToldThatItIsTheSignature() {
    PemnFormatException e =
        assertThrows(PemnFormatException.NotTrusted.class, () -> open(url("/unsigned.pemn")));
    assertEquals(ArchiveSection.SIGNATURE, e.section());
    assertEquals("no signature", e.found());
    assertEquals("one of a trusted key", e.expected());
  }

  private PemnArchive open(URL url) throws IOException {
    return PemnArchive.open(url, policy);
  }

  private interface Opening {
    PemnArchive open() throws IOException;
  }

  private static void assertRefused(String expected, Opening opening) {
    String said = assertThrows(PemnFormatException.NotTrusted.class, opening::open).getMessage();
    assertTrue(said.contains(expected), said);
    assertTrue(said.endsWith("."), said);
  }
}
