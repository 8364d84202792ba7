package io.warmstart.stress.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What targets of text have in common. */
final class Text {
  private static final int MOST_MESSAGE = 600;

  private Text() {}

  static List<byte[]> corpus(String name) {
    try {
      return Corpus.lines(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is wrong with the message of a refusal: it is to be one plain line. */
  static String complaint(@Nullable String message) {
    return message == null
            || message.length() > MOST_MESSAGE
            || message.chars().anyMatch(each -> each < ' ' || each > '~')
        ? "message is not one plain line: " + message
        : "";
  }
}
