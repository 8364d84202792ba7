package io.warmstart.stress.worker;

import io.warmstart.mapped.JournalLayout;
import io.warmstart.stress.history.Version;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The segments of a root's journal, as their headers tell, read without the engine: its own
 * inspections all begin by making pairs of what is there. This is the one place of the harness that
 * knows what a segment looks like.
 */
public final class JournalSegments {
  /** The head of the longest record, and the beginning of its payload. */
  private static final int LOOK_BYTES = JournalLayout.HEADER_LENGTH + 1024;

  private JournalSegments() {}

  /**
   * One segment.
   *
   * @param name of the file
   * @param salt another one for each life
   * @param end where its last record ends
   * @param done everything before it is in pairs
   * @param worker whose process has written the first record of this life, by the number of its
   *     history; -1 if there is none
   */
  public record Segment(String name, long salt, long end, long done, int worker) {
    /** Whether it holds saves that may be nowhere else. */
    public boolean holdsSaves() {
      return end > done;
    }
  }

  /** All segments of a root, by name. */
  public static List<Segment> of(Path root) throws IOException {
    List<Segment> segments = new ArrayList<>();
    for (Path each : files(root)) {
      ByteBuffer bytes = ByteBuffer.allocate(LOOK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      try (FileChannel channel = FileChannel.open(each)) {
        read(channel, bytes, 0);
        if (!bytes.hasRemaining()) {
          long end = endOf(channel, bytes.getLong(JournalLayout.SALT_OFFSET));
          segments.add(read(each.getFileName().toString(), bytes, end));
        }
      } catch (NoSuchFileException e) {
        // Gone since the listing.
      }
    }
    return segments;
  }

  private static void read(FileChannel channel, ByteBuffer bytes, long from) throws IOException {
    while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
      // Until all is read.
    }
  }

  /** Where the last record of this life ends: each says how long it is. */
  private static long endOf(FileChannel channel, long salt) throws IOException {
    ByteBuffer word =
        ByteBuffer.allocate(JournalLayout.PLACE_OFFSET + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long end = JournalLayout.HEADER_LENGTH;
    while (true) {
      word.clear();
      read(channel, word, end);
      long commit = word.getLong(JournalLayout.COMMIT_OFFSET);
      if (word.hasRemaining()
          || commit <= 0
          || word.getLong(JournalLayout.PLACE_OFFSET) != salt + end) {
        return end;
      }
      end += commit & ~JournalLayout.MARKS;
    }
  }

  private static Segment read(String name, ByteBuffer bytes, long end) {
    long salt = bytes.getLong(JournalLayout.SALT_OFFSET);
    int first = JournalLayout.HEADER_LENGTH;
    int worker = -1;
    if (end > first && bytes.getLong(first + JournalLayout.PLACE_OFFSET) == salt + first) {
      long flags = bytes.getLong(first + JournalLayout.FLAGS_OFFSET);
      int runIdLength = (int) (flags >>> JournalLayout.RUN_ID_LENGTH_SHIFT);
      worker = Version.worker(bytes.getLong(first + JournalLayout.payloadOffset(runIdLength)));
    }
    return new Segment(name, salt, end, bytes.getLong(JournalLayout.DONE_OFFSET), worker);
  }

  /** Whether a save between two looks went into the journal: some segment has grown. */
  public static boolean grew(List<Segment> before, List<Segment> after) {
    return after.stream()
        .anyMatch(
            now ->
                before.stream()
                    .anyMatch(
                        then ->
                            then.name().equals(now.name())
                                && then.salt() == now.salt()
                                && then.end() < now.end()));
  }

  /**
   * Has the segments be those of another boot, as they are after a power cut: this machine has not
   * been started again.
   */
  public static void asOfAnotherBoot(Path root) throws IOException {
    for (Path each : files(root)) {
      ByteBuffer header =
          ByteBuffer.allocate(JournalLayout.HEADER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
      try (FileChannel channel =
          FileChannel.open(each, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        while (header.hasRemaining() && channel.read(header) >= 0) {
          // Until all is read.
        }
        if (header.hasRemaining() || !isWhole(header)) {
          continue;
        }
        header.putLong(JournalLayout.BOOT_OFFSET, header.getLong(JournalLayout.BOOT_OFFSET) + 1);
        header.putLong(JournalLayout.CHECK_OFFSET, check(header));
        header.flip();
        while (header.hasRemaining()) {
          channel.write(header, header.position());
        }
      }
    }
  }

  /** What the cut has torn is left as it is. */
  private static boolean isWhole(ByteBuffer header) {
    return header.getLong(JournalLayout.CHECK_OFFSET) == check(header);
  }

  private static long check(ByteBuffer header) {
    return JournalLayout.check(
        header.getLong(JournalLayout.VERSION_OFFSET),
        header.getLong(JournalLayout.BOOT_OFFSET),
        header.getLong(JournalLayout.NUMBER_OFFSET),
        header.getLong(JournalLayout.LENGTH_OFFSET),
        header.getLong(JournalLayout.SALT_OFFSET));
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> all = Files.list(root.resolve(".warmstart").resolve("journal"))) {
      return all.filter(each -> each.getFileName().toString().matches("segment-[0-9a-f]{8}"))
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }
}
