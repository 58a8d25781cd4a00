package io.pemn.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.pemn.format.PemnFormatException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wherever an archive comes from, it is the same one, or one sentence says what is wrong. */
class ArchiveSourcesTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/golden/version-3/ternary.pemn");
  private static final LoadPolicy TINY =
      LoadPolicy.standard().withLimits(new Limits(100, 1000, 10, 1000, 1000));

  @TempDir private Path folder;
  private HttpServer server;
  private byte[] bytes;

  @BeforeEach
  void start() throws IOException {
    bytes = Files.readAllBytes(GOLDEN);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    serve("/model.pemn", bytes, bytes.length);
    serve("/streamed.pemn", bytes, 0);
    serve("/cut.pemn", Arrays.copyOf(bytes, bytes.length / 2), bytes.length);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void serve(String path, byte[] content, long announced) {
    server.createContext(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, announced);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(content);
          }
        });
  }

  private URL url(String path) throws IOException {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path).toURL();
  }

  @Test
  void aServerWithAndWithoutAnAnnouncedLength() throws IOException {
    assertSame(PemnArchive.open(url("/model.pemn")));
    assertSame(PemnArchive.open(url("/streamed.pemn")));
  }

  @Test
  void aFileAsAUrl() throws IOException {
    assertSame(PemnArchive.open(GOLDEN.toUri().toURL()));
  }

  @Test
  void aResourceInAJarAndItsSuccessor() throws IOException {
    Path jar = folder.resolve("models.jar");
    for (String golden : new String[] {"ternary", "sign"}) {
      byte[] content = Files.readAllBytes(GOLDEN.resolveSibling(golden + ".pemn"));
      try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
        out.putNextEntry(new ZipEntry("models/digits.pemn"));
        out.write(content);
      }
      try (URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
        PemnArchive archive = PemnArchive.open(classes.getResource("models/digits.pemn"));
        archive.verify();
        assertEquals(PemnArchive.read(content).digest(), archive.digest());
      }
    }
  }

  @Test
  void aStreamIsReadToItsEndAndLeftOpen() throws IOException {
    boolean[] closed = new boolean[1];
    FilterInputStream in =
        new FilterInputStream(new ByteArrayInputStream(bytes)) {
          @Override
          public void close() {
            closed[0] = true;
          }
        };
    assertSame(PemnArchive.read(in));
    assertEquals(-1, in.read());
    assertEquals(false, closed[0]);
  }

  @Test
  void aStreamThatComesByteByByte() throws IOException {
    assertSame(
        PemnArchive.read(
            new FilterInputStream(new ByteArrayInputStream(bytes)) {
              @Override
              public int read(byte[] target, int offset, int length) throws IOException {
                return super.read(target, offset, Math.min(length, 1));
              }
            }));
  }

  @Test
  void aStreamThatIsCutAnywhereIsRefused() {
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      PemnFormatException e =
          assertThrows(
              PemnFormatException.class, () -> PemnArchive.read(new ByteArrayInputStream(cut)));
      assertEquals(PemnFormatException.Truncated.class, e.getClass(), "after " + length);
    }
  }

  @Test
  void theSectionsOfAStreamAreCheckedAsTheyArrive() {
    for (int at : new int[] {bytes.length / 2, bytes.length - 1}) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= 1;
      assertThrows(
          PemnFormatException.Corrupt.class,
          () -> PemnArchive.read(new ByteArrayInputStream(damaged)));
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThrows(
        PemnFormatException.Corrupt.class,
        () -> PemnArchive.read(new ByteArrayInputStream(longer)));
  }

  @Test
  void aHeadThatIsDamagedEndsAnEndlessStream() {
    byte[] damaged = bytes.clone();
    damaged[20] ^= 1;
    InputStream endless =
        new SequenceInputStream(
            new ByteArrayInputStream(damaged),
            new InputStream() {
              @Override
              public int read() {
                return 0;
              }
            });
    assertThrows(PemnFormatException.Corrupt.class, () -> PemnArchive.read(endless));
  }

  @Test
  void aTransferThatEndsEarly() throws IOException {
    URL cut = url("/cut.pemn");
    IOException e = assertThrows(PemnFormatException.Truncated.class, () -> PemnArchive.open(cut));
    assertEquals(
        "The transfer of "
            + cut
            + " ended after "
            + bytes.length / 2
            + " bytes of "
            + bytes.length
            + " bytes; try again.",
        e.getMessage());
  }

  @Test
  void aPageThatIsNotThere() throws IOException {
    URL missing = url("/nothing.pemn");
    IOException e = assertThrows(IOException.class, () -> PemnArchive.open(missing));
    assertEquals(
        "The server answered 404 for " + missing + ", not an archive; check the URL.",
        e.getMessage());
  }

  @Test
  void aServerThatIsNotThere() throws IOException {
    URL gone = url("/model.pemn");
    server.stop(0);
    IOException e = assertThrows(IOException.class, () -> PemnArchive.open(gone));
    assertTrue(
        e.getMessage().startsWith("The server of " + gone + " takes no connection"),
        e.getMessage());
  }

  @Test
  void aResourceThatIsNotThere() throws IOException {
    URL missing = URI.create("jar:" + GOLDEN.toUri() + "!/no.pemn").toURL();
    assertThrows(IOException.class, () -> PemnArchive.open(missing));
    URL file = folder.resolve("no.pemn").toUri().toURL();
    assertThrows(NoSuchFileException.class, () -> PemnArchive.open(file));
  }

  @Test
  void noSourceMayExceedTheLimits() throws IOException {
    for (URL url : new URL[] {url("/model.pemn"), url("/streamed.pemn")}) {
      assertThrows(PemnFormatException.LimitExceeded.class, () -> PemnArchive.open(url, TINY));
    }
    assertThrows(PemnFormatException.LimitExceeded.class, () -> PemnArchive.open(GOLDEN, TINY));
    assertThrows(PemnFormatException.LimitExceeded.class, () -> PemnArchive.read(bytes, TINY));
    IOException e =
        assertThrows(
            PemnFormatException.LimitExceeded.class,
            () -> PemnArchive.read(new ByteArrayInputStream(bytes), TINY));
    assertEquals(
        "The stream has more than 100 bytes, but at most 100 bytes are allowed; raise the limit if"
            + " you trust it.",
        e.getMessage());
  }

  private static void assertSame(PemnArchive archive) throws IOException {
    archive.verify();
    assertEquals(PemnArchive.open(GOLDEN).digest(), archive.digest());
  }
}
