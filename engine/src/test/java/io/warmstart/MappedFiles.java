package io.warmstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.DirectBuffer;

/** Which file lies where in the memory of this process, as the kernel lists it. */
final class MappedFiles {
  private MappedFiles() {}

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
