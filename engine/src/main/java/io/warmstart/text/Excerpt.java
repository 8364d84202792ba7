package io.warmstart.text;

/** Renders an untrusted value for an error message: quoted, escaped to ASCII and shortened. */
public final class Excerpt {
  private static final int MAX_SHOWN_CHARS = 48;

  private Excerpt() {}

  /**
   * Returns {@code value} in double quotes on one line. Everything but printable ASCII becomes an
   * escape, so that a hostile name can neither break a log line nor steer a terminal.
   */
  public static String of(CharSequence value) {
    int shown = Math.min(value.length(), MAX_SHOWN_CHARS);
    StringBuilder text = new StringBuilder(shown + 16).append('"');
    for (int i = 0; i < shown; i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c >= ' ' && c <= '~') {
        text.append(c);
      } else {
        text.append(String.format("\\u%04x", (int) c));
      }
    }
    text.append('"');
    if (shown < value.length()) {
      text.append("... (").append(value.length()).append(" characters)");
    }
    return text.toString();
  }
}
