package io.warmstart.process;

import java.io.IOException;
import java.nio.file.Path;

/** Processes of another build, which lays the shared files out differently, are using a root. */
public final class OtherLayoutException extends IOException {
  private static final long serialVersionUID = 1;

  OtherLayoutException(Path file) {
    super(
        "a process of another warmstart version is using this root: expected layout="
            + ControlFile.versionText()
            + " file="
            + file);
  }
}
