package io.warmstart;

import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** The files of one key, as somebody without the engine sees and damages them. */
public record KeyFiles(Path directory) {

  public static KeyFiles of(Path root, Fingerprint key) {
    return new KeyFiles(root.resolve(key.toHex()));
  }

  public static KeyFiles created(Path root, Fingerprint key) throws IOException {
    KeyFiles files = of(root, key);
    Files.createDirectories(files.directory());
    return files;
  }

  Path manifest(String runId) {
    return directory.resolve(runId + ".json");
  }

  Path payload(String runId) {
    return directory.resolve(runId + ".bin");
  }

  public Path file(String name) {
    return directory.resolve(name);
  }

  /** The names there, sorted; none if there is no directory. */
  public List<String> names() throws IOException {
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  void writePayload(String runId, String text) throws IOException {
    replace(payload(runId), text);
  }

  void writeManifest(String runId, String text) throws IOException {
    replace(manifest(runId), text);
  }

  /** By renaming, as everybody does who replaces a file that others may be reading. */
  private static void replace(Path file, String text) throws IOException {
    Path aside = file.resolveSibling("aside");
    Files.writeString(aside, text);
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Edits a manifest's text; fails if there is nothing to edit. */
  void editManifest(String runId, String from, String to) throws IOException {
    String before = Files.readString(manifest(runId), StandardCharsets.UTF_8);
    String after = before.replace(from, to);
    if (after.equals(before)) {
      throw new AssertionError("not in the manifest: " + from + "\n" + before);
    }
    Files.writeString(manifest(runId), after);
  }

  /** The bytes of all files below a root but the engine's own live ones. */
  public static long bytesOf(Path root) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String path = root.relativize(file).toString();
        if (!path.startsWith(".warmstart/") || path.startsWith(".warmstart/quarantine/")) {
          bytes += Files.size(file);
        }
      }
    }
    return bytes;
  }

  /** Removes the index of a root that nobody has open: it is made again from the files. */
  static void removeIndex(Path root) throws IOException {
    Files.delete(root.resolve(".warmstart").resolve("index"));
  }

  /** The names in quarantine, sorted. */
  static List<String> quarantined(Path root) throws IOException {
    return new KeyFiles(root.resolve(".warmstart").resolve("quarantine")).names();
  }
}
