package io.pemn.loader.message;

import java.util.regex.Pattern;

/**
 * A URL as messages and logs may show it: without user, password, query and fragment, which are
 * where secrets stand. What is left still says which file is meant.
 */
public final class ShownUrl {
  /** Up to the last {@code @} of the authority; of the web also if slashes are missing. */
  private static final Pattern USER =
      Pattern.compile(
          "^((?:pemn:|jar:)*(?:https?:/*|[a-z][a-z0-9+.-]*:(?://)?))[^/]*@",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern QUERY_OR_FRAGMENT = Pattern.compile("[?#].*", Pattern.DOTALL);

  private ShownUrl() {}

  /**
   * What may be shown of a URL.
   *
   * @param url such as a {@link java.net.URL}, {@link java.net.URI} or text; may be malformed, and
   *     may begin with {@code pemn:} or {@code jar:}
   */
  public static String of(Object url) {
    String address = QUERY_OR_FRAGMENT.matcher(url.toString()).replaceFirst("");
    return USER.matcher(address).replaceFirst("$1");
  }
}
