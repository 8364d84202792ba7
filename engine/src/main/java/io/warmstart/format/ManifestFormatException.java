package io.warmstart.format;

import org.jspecify.annotations.Nullable;

/**
 * The bytes are not a manifest, or a manifest cannot be written within the limits. The message is
 * one line that says what, expected and actual; the caller, who knows it, adds the file.
 */
public class ManifestFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  public ManifestFormatException(String message) {
    super(message);
  }

  public ManifestFormatException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
