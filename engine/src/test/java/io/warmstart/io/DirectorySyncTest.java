package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * On a file system that cannot sync a directory every save failed, with nothing but "Invalid
 * argument". The kernel's own {@code proc} is one.
 */
class DirectorySyncTest {
  private static final Path CANNOT = Path.of("/proc");

  @Test
  void aDirectoryThatCannotBeSyncedIsNoFailure() throws Exception {
    assumeTrue(Files.isDirectory(CANNOT), "skipped: no /proc here");
    assertFalse(DirectorySync.worksIn(CANNOT));
    try (FileOps.DirectoryHandle handle = new NioFileOps().openDirectory(CANNOT)) {
      handle.sync();
    }
  }

  @Test
  void oneThatCanIsSaidTo(@TempDir Path directory) throws Exception {
    assertTrue(DirectorySync.worksIn(directory));
  }

  @Test
  void noOtherErrorPassesForThat() {
    assertTrue(DirectorySync.isRefusal(new IOException("Invalid argument")));
    assertTrue(DirectorySync.isRefusal(new IOException("Operation not supported")));
    for (String text :
        new String[] {"Input/output error", "No space left on device", "Stale file handle", ""}) {
      assertFalse(DirectorySync.isRefusal(new IOException(text)), text);
    }
    assertFalse(DirectorySync.isRefusal(new IOException()));
  }
}
