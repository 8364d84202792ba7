package io.warmstart.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
          ".warmstart/quarantine/", ".warmstart/policy", ".warmstart/pins/", ".warmstart/labels/");

  /** Something that has names. Nodes are told apart by identity, as inodes are by number. */
  sealed interface Node permits Directory, File {}

  static final class Directory implements Node {}

  static final class File implements Node {
    private byte[] content;
    private byte[] durable;

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

    void sync() {
      durable = content;
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
    HALF,
    WRITTEN
  }

  static CrashImage of(Directory root, Names names, Unsynced unsynced) {
    Map<String, ByteBuffer> files = new TreeMap<>();
    collect(root, "", names, unsynced, files);
    return new CrashImage(files);
  }

  private static void collect(
      Directory directory,
      String path,
      Names names,
      Unsynced unsynced,
      Map<String, ByteBuffer> files) {
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
        files.put(child, ByteBuffer.wrap(left(file, unsynced)));
      }
    }
  }

  /** Hints, some of them mapped, of which the model would know nothing. */
  private static boolean isHint(String path) {
    return path.startsWith(".warmstart/") && KEPT.stream().noneMatch(path::startsWith);
  }

  private static byte[] left(File file, Unsynced unsynced) {
    return switch (unsynced) {
      case LOST -> file.durable;
      case WRITTEN -> file.content;
      case HALF -> Arrays.copyOf(file.content, (file.durable.length + file.content.length) / 2);
    };
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

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    files.forEach(
        (name, bytes) -> text.append("\n  ").append(name).append(' ').append(bytes.remaining()));
    return text.toString();
  }
}
