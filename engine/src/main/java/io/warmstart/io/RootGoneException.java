package io.warmstart.io;

import java.io.IOException;
import java.nio.file.Path;

/** A root's name no longer leads to the directory that was opened. */
public final class RootGoneException extends IOException {
  private static final long serialVersionUID = 1L;

  RootGoneException(Path root, String how) {
    super(
        "the root is gone: expected=the directory that was opened actual=" + how + " root=" + root);
  }
}
