package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.message.ShownUrl;
import io.pemn.loader.signature.ModelSignature;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URL;
import java.net.URLConnection;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;

/** Archives and signatures from elsewhere, read to their end. */
final class Download {
  private static final int CONNECT_MILLISECONDS = 10_000;
  private static final int SILENCE_MILLISECONDS = 30_000;

  private Download() {}

  /** Makes something of a connection. */
  @FunctionalInterface
  private interface Reading<T> {
    T of(URLConnection connection) throws IOException;
  }

  /** Makes an archive of a stream. */
  @FunctionalInterface
  interface Opening {
    PemnArchive of(InputStream in) throws IOException;
  }

  static PemnArchive archive(URL url, Opening opening, Limits limits) throws IOException {
    try {
      return read(url, connection -> read(url, connection, opening, limits));
    } catch (FileNotFoundException e) {
      throw new NoSuchFileException("There is nothing at " + ShownUrl.of(url) + "; check the URL.");
    }
  }

  /** Reads a signature; of a file that is too large for one, one byte more than it may have. */
  static byte[] signature(URL url) throws IOException {
    try {
      return read(
          url,
          connection -> {
            if (connection instanceof HttpURLConnection http && isMissing(http.getResponseCode())) {
              throw new FileNotFoundException();
            }
            checkAnswer(url, connection, "a signature");
            try (InputStream in = steady(connection)) {
              return in.readNBytes(ModelSignature.MOST_BYTES + 1);
            }
          });
    } catch (FileNotFoundException e) {
      throw SignatureSource.missing("at " + ShownUrl.of(url));
    }
  }

  private static boolean isMissing(int code) {
    return code == HttpURLConnection.HTTP_NOT_FOUND || code == HttpURLConnection.HTTP_GONE;
  }

  private static <T> T read(URL url, Reading<T> reading) throws IOException {
    try {
      URLConnection connection = url.openConnection();
      connection.setConnectTimeout(CONNECT_MILLISECONDS);
      connection.setReadTimeout(SILENCE_MILLISECONDS);
      // A cached jar would give an archive that was replaced since.
      connection.setUseCaches(false);
      boolean read = false;
      try {
        T result = reading.of(connection);
        read = true;
        return result;
      } finally {
        if (!read) {
          abandon(connection);
        }
      }
    } catch (UnknownHostException e) {
      throw new IOException(
          "The host of " + ShownUrl.of(url) + " is not known; check the URL and the network.", e);
    } catch (ConnectException e) {
      throw new IOException(
          "The server of "
              + ShownUrl.of(url)
              + " takes no connection ("
              + e.getMessage()
              + "); try later.",
          e);
    } catch (SocketTimeoutException e) {
      throw new IOException(
          "The server of " + ShownUrl.of(url) + " was silent for too long; try again later.", e);
    }
  }

  private static void checkAnswer(URL url, URLConnection connection, String expected)
      throws IOException {
    if (connection instanceof HttpURLConnection http
        && http.getResponseCode() != HttpURLConnection.HTTP_OK) {
      throw new IOException(
          "The server answered "
              + http.getResponseCode()
              + " for "
              + ShownUrl.of(url)
              + ", not "
              + expected
              + "; check the URL.");
    }
  }

  private static PemnArchive read(URL url, URLConnection connection, Opening opening, Limits limits)
      throws IOException {
    checkAnswer(url, connection, "an archive");
    long announced = connection.getContentLengthLong();
    if (announced > limits.fileBytes()) {
      throw PemnArchive.tooLarge(
          ShownUrl.of(url).toString(), announced + " bytes", limits.fileBytes());
    }
    try (Counted in = new Counted(steady(connection))) {
      try {
        return opening.of(in);
      } catch (PemnFormatException.Truncated e) {
        if (in.bytes < announced) {
          throw new PemnFormatException.Truncated(
              Finding.of(ArchiveSection.FILE, in.bytes + " bytes", announced + " bytes")
                  .at(in.bytes),
              "The transfer of "
                  + ShownUrl.of(url)
                  + " ended after {found} of {expected}; try again.");
        }
        throw e;
      }
    }
  }

  private static InputStream steady(URLConnection connection) throws IOException {
    return new SteadyStream(connection.getInputStream(), System::nanoTime);
  }

  /** Gives back what a connection holds open, whatever state it is in. */
  private static void abandon(URLConnection connection) {
    if (connection instanceof HttpURLConnection http) {
      http.disconnect();
      return;
    }
    try {
      connection.getInputStream().close();
    } catch (IOException e) {
      // There is nothing to close.
    }
  }

  /** Knows how many bytes came. */
  private static final class Counted extends FilterInputStream {
    private long bytes;

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = super.read(target, offset, length);
      bytes += Math.max(count, 0);
      return count;
    }
  }
}
