package io.warmstart;

import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.DirectBuffer;

/** Which file lies where in the memory of this process, as the kernel lists it. */
public final class MappedFiles {
  private MappedFiles() {}

  /** Whether anything under a directory is mapped, even if it is deleted. */
  static boolean areUnder(Path directory) throws IOException {
    return Files.readString(Path.of("/proc/self/maps")).contains(directory.toRealPath().toString());
  }

  /**
   * What is mapped still takes its room when it is deleted, until the collector lets it go: in the
   * middle of a test, a disk that was full would have room.
   */
  public static void awaitNoneUnder(Path directory) {
    Await.until(
        "nothing of it is mapped",
        () -> {
          System.gc();
          return !areUnder(directory);
        });
  }

  /** Whether a buffer is memory of a segment of the journal. */
  static boolean isOfSegment(DirectBuffer buffer) throws IOException {
    long address = buffer.addressOffset();
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      String[] range = line.substring(0, line.indexOf(' ')).split("-", -1);
      if (Long.compareUnsigned(Long.parseUnsignedLong(range[0], 16), address) <= 0
          && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0) {
        return line.contains("/segment-");
      }
    }
    return false;
  }
}
