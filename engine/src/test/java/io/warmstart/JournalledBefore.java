package io.warmstart;

import io.warmstart.mapped.JournalLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/** Segments as they are found after a reboot, or after an older build. */
final class JournalledBefore {
  private JournalledBefore() {}

  /**
   * The machine has gone down since a segment was written; one that was beginning is left alone.
   */
  static void reboot(Path segment) throws IOException {
    change(
        segment,
        header ->
            header.putLong(
                JournalLayout.BOOT_OFFSET, header.getLong(JournalLayout.BOOT_OFFSET) ^ 0x55L));
  }

  /** A build has written it that laid segments out as an earlier version. */
  static void ofVersion(Path segment, int version) throws IOException {
    change(segment, header -> header.putInt(JournalLayout.VERSION_OFFSET, version));
  }

  private static void change(Path segment, Consumer<ByteBuffer> change) throws IOException {
    try (FileChannel channel =
        FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (channel.size() < JournalLayout.HEADER_LENGTH) {
        return;
      }
      ByteBuffer header =
          channel
              .map(FileChannel.MapMode.READ_WRITE, 0, JournalLayout.HEADER_LENGTH)
              .order(ByteOrder.LITTLE_ENDIAN);
      if (header.getLong(JournalLayout.CHECK_OFFSET) == 0) {
        return;
      }
      change.accept(header);
      header.putLong(
          JournalLayout.CHECK_OFFSET,
          JournalLayout.check(
              header.getLong(JournalLayout.VERSION_OFFSET),
              header.getLong(JournalLayout.BOOT_OFFSET),
              header.getLong(JournalLayout.NUMBER_OFFSET),
              header.getLong(JournalLayout.LENGTH_OFFSET),
              header.getLong(JournalLayout.SALT_OFFSET)));
    }
  }
}
