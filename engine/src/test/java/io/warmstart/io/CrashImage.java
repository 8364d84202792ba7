package io.warmstart.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A root as it is found after a crash, without the engine's mapped and locked files.
 *
 * @param files what each name holds, by path in the root; a path that ends in a slash is a
 *     directory
 */
public record CrashImage(Map<String, ByteBuffer> files) {
  /** What the engine keeps beside the pairs. */
  private static final List<String> KEPT =
      List.of(
          ".warmstart/quarantine/",
          ".warmstart/policy",
          ".warmstart/pins/",
          ".warmstart/labels/",
          ".warmstart/journal/");

  /** Something that has names. Nodes are told apart by identity, as inodes are by number. */
  sealed interface Node permits Directory, File {}

  static final class Directory implements Node {}

  static final class File implements Node {
    private static final int PAGE = 4096;
    private static final int WORD = 8;

    private byte[] content;
    private byte[] durable;

    /** What is stored to a mapping, if there is one. */
    private @Nullable FileChannel mapped;

    File(byte[] content, byte[] durable) {
      this.content = content;
      this.durable = durable;
    }

    void append(ByteBuffer bytes) {
      ByteArrayOutputStream grown = new ByteArrayOutputStream();
      grown.writeBytes(content);
      byte[] added = new byte[bytes.remaining()];
      bytes.duplicate().get(added);
      grown.writeBytes(added);
      content = grown.toByteArray();
    }

    /** From here on the file's bytes are what is stored to it. */
    void mapped(FileChannel channel) {
      mapped = channel;
    }

    void sync() throws IOException {
      durable = content();
    }

    /** The first bytes alone; the rest is left as a crash may find it. */
    void sync(int length) throws IOException {
      byte[] now = content();
      durable = Arrays.copyOf(durable, now.length);
      System.arraycopy(now, 0, durable, 0, length);
    }

    private byte[] content() throws IOException {
      if (mapped == null) {
        return content;
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) mapped.size());
      while (bytes.hasRemaining() && mapped.read(bytes, bytes.position()) >= 0) {}
      return bytes.array();
    }

    /** Of a mapping any page may have been written, or be as it was. */
    private byte[] left(Unsynced unsynced) throws IOException {
      byte[] now = content();
      return mapped == null || durable.length != now.length
          ? switch (unsynced) {
            case LOST, WORDS -> durable;
            case WRITTEN -> now;
            case HALF, OTHER_HALF -> Arrays.copyOf(now, (durable.length + now.length) / 2);
          }
          : leftOfPages(durable, now, unsynced);
    }
  }

  /** A name in a directory. */
  record Name(Directory directory, String name) {}

  /** Which names lead to what. */
  static final class Names {
    private final Map<Name, Node> nodes = new HashMap<>();

    @Nullable Node get(Name name) {
      return nodes.get(name);
    }

    void put(Name name, Node node) {
      nodes.put(name, node);
    }

    void remove(Name name) {
      nodes.remove(name);
    }

    Names copy() {
      Names copy = new Names();
      copy.nodes.putAll(nodes);
      return copy;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Names names && nodes.equals(names.nodes);
    }

    @Override
    public int hashCode() {
      return nodes.hashCode();
    }
  }

  /** What is left of bytes that were not synced. */
  public enum Unsynced {
    LOST,
    /** Of a mapping the first, the third and so on of the pages that have changed. */
    HALF,
    /** Of a mapping the other ones. */
    OTHER_HALF,
    /** Of a mapping any words of those pages, but of the first page all. */
    WORDS,
    WRITTEN
  }

  /** A mapped file of which some pages were written and others not. */
  public static byte[] leftOfPages(byte[] durable, byte[] now, Unsynced unsynced) {
    byte[] left = durable.clone();
    CRC32C seed = new CRC32C();
    seed.update(now);
    Random random = new Random(seed.getValue());
    int changed = 0;
    for (int at = 0; at < now.length; at += File.PAGE) {
      int end = Math.min(at + File.PAGE, now.length);
      if (Arrays.equals(durable, at, end, now, at, end)) {
        continue;
      }
      boolean even = changed++ % 2 == 0;
      boolean whole =
          switch (unsynced) {
            case LOST -> false;
            case HALF -> even;
            case OTHER_HALF -> !even;
            case WORDS -> at == 0;
            case WRITTEN -> true;
          };
      if (whole) {
        System.arraycopy(now, at, left, at, end - at);
      } else if (unsynced == Unsynced.WORDS) {
        for (int word = at; word < end; word += File.WORD) {
          if (random.nextBoolean()) {
            System.arraycopy(now, word, left, word, File.WORD);
          }
        }
      }
    }
    return left;
  }

  static CrashImage of(Directory root, Names names, Unsynced unsynced) throws IOException {
    Map<String, ByteBuffer> files = new TreeMap<>();
    collect(root, "", names, unsynced, files);
    return new CrashImage(files);
  }

  private static void collect(
      Directory directory,
      String path,
      Names names,
      Unsynced unsynced,
      Map<String, ByteBuffer> files)
      throws IOException {
    for (Map.Entry<Name, Node> each : names.nodes.entrySet()) {
      Name name = each.getKey();
      if (name.directory() != directory) {
        continue;
      }
      String child = path + name.name();
      if (each.getValue() instanceof Directory inner) {
        files.put(child + "/", ByteBuffer.allocate(0));
        collect(inner, child + "/", names, unsynced, files);
      } else if (each.getValue() instanceof File file && !isHint(child)) {
        files.put(child, ByteBuffer.wrap(file.left(unsynced)));
      }
    }
  }

  /** Hints, some of them mapped, of which the model would know nothing. */
  private static boolean isHint(String path) {
    return path.startsWith(".warmstart/") && KEPT.stream().noneMatch(path::startsWith);
  }

  /** Lays the image out in a directory that does not exist. */
  public void writeTo(Path root) throws IOException {
    Files.createDirectory(root);
    for (Map.Entry<String, ByteBuffer> each : files.entrySet()) {
      Path path = root.resolve(each.getKey());
      if (each.getKey().endsWith("/")) {
        Files.createDirectories(path);
      } else {
        Files.createDirectories(path.getParent());
        Files.write(path, each.getValue().array());
      }
    }
  }

  /** That of buffers, byte by byte, takes longer than all that is done with an image. */
  @Override
  public int hashCode() {
    CRC32C hash = new CRC32C();
    files.values().forEach(bytes -> hash.update(bytes.duplicate()));
    return files.keySet().hashCode() ^ (int) hash.getValue();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CrashImage image && files.equals(image.files);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    files.forEach(
        (name, bytes) -> text.append("\n  ").append(name).append(' ').append(bytes.remaining()));
    return text.toString();
  }
}
