package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.message.ShownUrl;
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

/** Archives from elsewhere, read to their end. */
final class Download {
  private static final int CONNECT_MILLISECONDS = 10_000;
  private static final int SILENCE_MILLISECONDS = 30_000;

  private Download() {}

  static PemnArchive of(URL url, LoadPolicy policy) throws IOException {
    try {
      URLConnection connection = url.openConnection();
      connection.setConnectTimeout(CONNECT_MILLISECONDS);
      connection.setReadTimeout(SILENCE_MILLISECONDS);
      // A cached jar would give an archive that was replaced since.
      connection.setUseCaches(false);
      boolean read = false;
      try {
        PemnArchive archive = read(url, connection, policy);
        read = true;
        return archive;
      } finally {
        if (!read) {
          abandon(connection);
        }
      }
    } catch (FileNotFoundException e) {
      throw new NoSuchFileException("There is nothing at " + ShownUrl.of(url) + "; check the URL.");
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

  private static PemnArchive read(URL url, URLConnection connection, LoadPolicy policy)
      throws IOException {
    if (connection instanceof HttpURLConnection http
        && http.getResponseCode() != HttpURLConnection.HTTP_OK) {
      throw new IOException(
          "The server answered "
              + http.getResponseCode()
              + " for "
              + ShownUrl.of(url)
              + ", not an archive; check the URL.");
    }
    long announced = connection.getContentLengthLong();
    long most = policy.limits().fileBytes();
    if (announced > most) {
      throw PemnArchive.tooLarge(ShownUrl.of(url).toString(), announced + " bytes", most);
    }
    try (Counted in =
        new Counted(new SteadyStream(connection.getInputStream(), System::nanoTime))) {
      try {
        return PemnArchive.read(in, policy);
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
