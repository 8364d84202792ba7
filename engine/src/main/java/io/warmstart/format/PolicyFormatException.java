package io.warmstart.format;

import org.jspecify.annotations.Nullable;

/** The bytes are no policy. The message is one line with expected and actual. */
public final class PolicyFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  PolicyFormatException(String message) {
    super(message);
  }

  PolicyFormatException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
