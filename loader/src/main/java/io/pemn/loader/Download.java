package io.pemn.loader;

import io.pemn.format.PemnFormatException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URL;
import java.net.URLConnection;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;

/** Archives from elsewhere, read whole. */
final class Download {
  private static final int CONNECT_MILLISECONDS = 10_000;
  private static final int SILENCE_MILLISECONDS = 30_000;

  private Download() {}

  static PemnArchive of(URL url, Limits limits) throws IOException {
    try {
      URLConnection connection = url.openConnection();
      connection.setConnectTimeout(CONNECT_MILLISECONDS);
      connection.setReadTimeout(SILENCE_MILLISECONDS);
      // A cached jar would give an archive that was replaced since.
      connection.setUseCaches(false);
      return read(url, connection, limits);
    } catch (FileNotFoundException e) {
      throw new NoSuchFileException("There is nothing at " + url + "; check the URL.");
    } catch (UnknownHostException e) {
      throw new IOException(
          "The host of " + url + " is not known; check the URL and the network.", e);
    } catch (ConnectException e) {
      throw new IOException(
          "The server of " + url + " takes no connection (" + e.getMessage() + "); try later.", e);
    } catch (SocketTimeoutException e) {
      throw new IOException(
          "The server of " + url + " was silent for too long; try again later.", e);
    }
  }

  private static PemnArchive read(URL url, URLConnection connection, Limits limits)
      throws IOException {
    if (connection instanceof HttpURLConnection http
        && http.getResponseCode() != HttpURLConnection.HTTP_OK) {
      throw new IOException(
          "The server answered "
              + http.getResponseCode()
              + " for "
              + url
              + ", not an archive; check the URL.");
    }
    long announced = connection.getContentLengthLong();
    if (announced > limits.fileBytes()) {
      throw PemnArchive.tooLarge(url + " has " + announced + " bytes", limits);
    }
    byte[] bytes;
    try (InputStream in = connection.getInputStream()) {
      int most = (int) Math.min(limits.fileBytes(), Integer.MAX_VALUE - 9);
      bytes = in.readNBytes(most + 1);
    }
    if (announced >= 0 && bytes.length < announced) {
      throw new PemnFormatException.Truncated(
          "The transfer of "
              + url
              + " ended after "
              + bytes.length
              + " of "
              + announced
              + " bytes; try again.");
    }
    return PemnArchive.read(bytes, limits);
  }
}
