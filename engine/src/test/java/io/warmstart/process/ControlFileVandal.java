package io.warmstart.process;

import io.warmstart.mapped.ControlLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The shared file as a vandal sees it, and the worst that he can do to it. */
public final class ControlFileVandal {
  private static final int FLIPS = 2000;

  private ControlFileVandal() {}

  /** Does its worst to an engine directory. */
  interface Vandalism {
    void strike(Path engineDirectory) throws IOException;
  }

  /** All that there is, by name. */
  public static Map<String, Vandalism> worst(Random random) {
    Map<String, Vandalism> worst = new LinkedHashMap<>();
    worst.put("truncate", directory -> truncate(directory, 0));
    worst.put("truncate in the rows", directory -> truncate(directory, 3 * 4096 + 5));
    worst.put("truncate in the stripes", directory -> truncate(directory, 290_000));
    worst.put("truncate and extend", ControlFileVandal::truncateAndExtend);
    worst.put("delete", directory -> Files.deleteIfExists(in(directory)));
    worst.put("replace", ControlFileVandal::replace);
    worst.put("zero", ControlFileVandal::zero);
    worst.put("flip bits", directory -> flipBits(directory, random));
    worst.put("delete the locks", ControlFileVandal::deleteLocks);
    worst.put("remove the directory", ControlFileVandal::removeDirectory);
    return worst;
  }

  static Path in(Path directory) {
    return directory.resolve(ControlFileOpener.NAME);
  }

  /** Whether there is a file that a process would attach to. */
  public static boolean isWhole(Path directory) {
    ByteBuffer header = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(in(directory))) {
      channel.read(header);
      return channel.size() == ControlLayout.FILE_LENGTH
          && header.getLong(0) == ControlLayout.MAGIC;
    } catch (IOException e) {
      return false;
    }
  }

  public static void patch(Path directory, Consumer<MappedByteBuffer> change) throws IOException {
    try (FileChannel channel =
        FileChannel.open(in(directory), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer buffer = channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
      buffer.order(ByteOrder.LITTLE_ENDIAN);
      change.accept(buffer);
    }
  }

  public static void truncate(Path directory, long length) throws IOException {
    try (FileChannel channel = FileChannel.open(in(directory), StandardOpenOption.WRITE)) {
      channel.truncate(length);
    }
  }

  /** As a copying tool does that writes a file from its start. */
  private static void truncateAndExtend(Path directory) throws IOException {
    byte[] before = Files.readAllBytes(in(directory));
    Files.write(in(directory), new byte[0]);
    Files.write(in(directory), before);
  }

  private static void replace(Path directory) throws IOException {
    Path other = Files.write(directory.resolve("other"), new byte[4096]);
    Files.move(other, in(directory), StandardCopyOption.REPLACE_EXISTING);
  }

  static void zero(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(in(directory), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(ControlLayout.FILE_LENGTH));
    }
  }

  /** Flips bits, half of them in the states of the intents, where they hurt most. */
  private static void flipBits(Path directory, Random random) throws IOException {
    patch(
        directory,
        buffer -> {
          for (int flip = 0; flip < FLIPS; flip++) {
            int offset =
                random.nextBoolean()
                    ? random.nextInt(ControlLayout.FILE_LENGTH)
                    : ControlLayout.stripeOffset(random.nextInt(ControlLayout.KEY_STRIPES + 1))
                        + ControlLayout.STATE_OFFSET
                        + random.nextInt(8);
            buffer.put(offset, (byte) (buffer.get(offset) ^ 1 << random.nextInt(8)));
          }
        });
  }

  private static void deleteLocks(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(LockFile.NAME));
  }

  private static void removeDirectory(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (DirectoryNotEmptyException | NoSuchFileException e) {
      // The stores are back already.
    }
  }
}
