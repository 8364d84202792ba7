package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps.FileHandle;
import io.warmstart.io.FileOps.SyncHandle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** By what the kernel says of the pages of a mapping. */
@EnabledOnOs(OS.LINUX)
class SyncedBeginningTest {
  private static final int PAGE = 4096;
  private static final int PAGES = 64;

  private final FileOps ops = new NioFileOps();

  @Test
  void theFirstBytesAreSyncedAndTheOthersStayDirty(@TempDir Path directory) throws IOException {
    Path path = directory.resolve("file");
    try (FileHandle file = ops.createExclusive(path);
        SyncHandle handle = ops.openForSync(path)) {
      ByteBuffer zeros = ByteBuffer.allocate(PAGE);
      for (int page = 0; page < PAGES; page++) {
        file.write(zeros.clear());
      }
      MappedByteBuffer mapping = file.mapShared(PAGES * PAGE);
      handle.sync();
      for (int page = 0; page < PAGES; page++) {
        mapping.put(page * PAGE, (byte) 1);
      }
      int dirty = dirtyPages(path);

      handle.sync(mapping, PAGE);
      int afterBeginning = dirtyPages(path);
      handle.sync();
      int afterAll = dirtyPages(path);

      String seen = dirty + ", " + afterBeginning + ", " + afterAll;
      assertTrue(dirty > afterBeginning, seen);
      // tmpfs keeps all of them dirty; a kernel may write some of them when it likes.
      assertTrue(afterBeginning > afterAll, seen);
    }
  }

  private static int dirtyPages(Path path) throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
    int kib = 0;
    boolean ofFile = false;
    for (String line : lines) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        ofFile = line.endsWith(path.toString());
      } else if (ofFile && line.matches("(Private|Shared)_Dirty:.*")) {
        kib += Integer.parseInt(line.replaceAll("[^0-9]", ""));
      }
    }
    return kib * 1024 / PAGE;
  }
}
