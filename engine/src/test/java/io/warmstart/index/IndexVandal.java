package io.warmstart.index;

import io.warmstart.mapped.IndexLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** The files of the index as a vandal sees them, and the worst that he can do to them. */
final class IndexVandal {
  private IndexVandal() {}

  /** Does its worst to an engine directory. */
  public interface Vandalism {
    void strike(Path engineDirectory) throws IOException;
  }

  /**
   * All that there is, by name.
   *
   * @param other the engine directory of another root
   */
  static Map<String, Vandalism> worst(Random random, Path other) {
    Map<String, Vandalism> worst = new LinkedHashMap<>();
    for (String name : new String[] {"index", "index-1"}) {
      worst.put("truncate " + name, at -> truncate(at.resolve(name), 0));
      worst.put("truncate " + name + " in the first page", at -> truncate(at.resolve(name), 4101));
      worst.put("truncate " + name + " in the middle", at -> truncate(at.resolve(name), 700_000));
      worst.put("truncate and extend " + name, at -> truncateAndExtend(at.resolve(name)));
      worst.put("delete " + name, at -> Files.deleteIfExists(at.resolve(name)));
      worst.put("replace " + name, at -> replace(other.resolve(name), at.resolve(name)));
      worst.put("overwrite " + name, at -> overwrite(other.resolve(name), at.resolve(name)));
      worst.put("zero " + name, at -> zero(at.resolve(name)));
      worst.put("flip bits of " + name, at -> flipBits(at.resolve(name), random, 0, 1 << 30, 4000));
    }
    int summaries = IndexLayout.SUMMARIES_OFFSET;
    int heads = IndexLayout.STRIPE_HEADS_OFFSET;
    int pages = IndexLayout.PAGES_OFFSET;
    worst.put("flip bits of the header", at -> flip(at, random, 0, 256, 40));
    worst.put("flip bits of the summaries", at -> flip(at, random, summaries, heads, 200));
    worst.put("flip bits of the heads", at -> flip(at, random, heads, pages, 2000));
    worst.put("flip bits of the pages", at -> flip(at, random, pages, pages + 64 * 1024, 4000));
    return worst;
  }

  private static void flip(Path at, Random random, int from, int to, int flips) throws IOException {
    flipBits(at.resolve("index"), random, from, to, flips);
  }

  private static void truncate(Path file, long length) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
    } catch (NoSuchFileException e) {
      // Not made again yet.
    }
  }

  /** As a copying tool does that writes a file from its start. */
  private static void truncateAndExtend(Path file) throws IOException {
    try {
      byte[] before = Files.readAllBytes(file);
      Files.write(file, new byte[0]);
      Files.write(file, before);
    } catch (NoSuchFileException e) {
      // Not made again yet.
    }
  }

  private static void replace(Path other, Path file) throws IOException {
    Path copy =
        Files.copy(other, file.resolveSibling("other"), StandardCopyOption.REPLACE_EXISTING);
    Files.move(copy, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void overwrite(Path other, Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(Files.readAllBytes(other)));
    } catch (NoSuchFileException e) {
      // Not made again yet.
    }
  }

  private static void zero(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate((int) channel.size()));
    } catch (NoSuchFileException e) {
      // Not made again yet.
    }
  }

  /** Single bits, by single writes: what others write between them stays. */
  private static void flipBits(Path file, Random random, int from, int to, int flips)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      int end = (int) Math.min(to, channel.size());
      ByteBuffer one = ByteBuffer.allocate(1);
      for (int flip = 0; flip < flips && from < end; flip++) {
        int offset = random.nextInt(from, end);
        channel.read(one.clear(), offset);
        one.put(0, (byte) (one.get(0) ^ 1 << random.nextInt(8)));
        channel.write(one.flip(), offset);
      }
    } catch (NoSuchFileException e) {
      // Not made again yet.
    }
  }
}
