package io.warmstart.stress.foreign;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.function.BiConsumer;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * A peer that does to a root what the original does, in the order in which it does it: payload
 * first, renamed before the manifest is even written; no lock; a touch that reads a manifest and
 * renames it back into place after a sync; and in every look at a key, the removal of other
 * processes' temporaries and of what looks broken at that instant.
 *
 * <p>Written from its behaviour. Each removal of an entry is told to a listener with its reason.
 */
final class ForeignStore {
  private static final int SWEEP_EVERY_SAVES = 32;
  private static final String TEMPORARY_MARK = ".tmp.";

  private record Found(Path manifestPath, Path payloadPath, ForeignManifest manifest, long bytes) {}

  private final Path root;
  private final long sizeBudgetBytes;
  private final long pid = ProcessHandle.current().pid();
  private final BiConsumer<Path, String> removed;
  private long saves;

  /** A peer on a root; {@code removed} hears of each manifest that it removes, and why. */
  ForeignStore(Path root, long sizeBudgetBytes, BiConsumer<Path, String> removed) {
    this.root = root;
    this.sizeBudgetBytes = sizeBudgetBytes;
    this.removed = removed;
  }

  void save(String key, String runId, byte[] payload, double objective, long iteration)
      throws IOException {
    Path directory = root.resolve(key);
    Path payloadPath = directory.resolve(runId + ".bin");
    Path manifestPath = directory.resolve(runId + ".json");
    long nonce = now();
    for (int attempt = 0; ; attempt++) {
      String suffix = TEMPORARY_MARK + pid + "." + nonce + "." + attempt;
      Path stagedPayload = directory.resolve(runId + ".bin" + suffix);
      Path stagedManifest = directory.resolve(runId + ".json" + suffix);
      try {
        Files.createDirectories(directory);
        writeSynced(stagedPayload, payload);
        rename(stagedPayload, payloadPath);
        long stamp = now();
        ForeignManifest manifest =
            new ForeignManifest(
                ForeignManifest.SCHEMA_VERSION,
                stamp / 1_000_000_000L,
                stamp % 1_000_000_000L,
                objective,
                iteration,
                "Checkpoint",
                checksum(payload),
                payload.length,
                false);
        writeSynced(stagedManifest, manifest.toBytes());
        try {
          rename(stagedManifest, manifestPath);
        } catch (IOException e) {
          remove(payloadPath);
          throw e;
        }
        break;
      } catch (IOException e) {
        remove(stagedPayload);
        remove(stagedManifest);
        if (isMissing(e) && attempt == 0) {
          continue;
        }
        remove(payloadPath);
        throw e;
      }
    }
    syncDirectory(directory);
    if (saves++ % SWEEP_EVERY_SAVES == 0) {
      sweep();
    }
  }

  /** The payload of the best entry, or null. */
  byte @Nullable [] lookup(String key) throws IOException {
    Path directory = root.resolve(key);
    Found best = null;
    for (Found each : scan(directory)) {
      if (best == null || each.manifest.betterThan(best.manifest)) {
        best = each;
      }
    }
    if (best == null) {
      return null;
    }
    byte[] payload;
    try {
      payload = Files.readAllBytes(best.payloadPath);
    } catch (IOException e) {
      return null;
    }
    if (!checksum(payload).equals(best.manifest.checksumHex())) {
      removePair(best.manifestPath, best.payloadPath, "payload and manifest did not fit");
      return null;
    }
    touch(best);
    return payload;
  }

  /** One sweep, of which any error is ignored. */
  void sweep() {
    List<Found> all = new ArrayList<>();
    for (Path directory : list(root)) {
      if (!Files.isDirectory(directory)) {
        continue;
      }
      List<Found> found = scan(directory);
      all.addAll(found);
      if (found.isEmpty() && Files.isDirectory(directory) && list(directory).isEmpty()) {
        remove(directory);
      }
    }
    long total = all.stream().mapToLong(Found::bytes).sum();
    all.sort(
        Comparator.comparing((Found each) -> each.manifest.accessed())
            .thenComparing(each -> each.manifest.stampNanos())
            .thenComparing(Found::manifestPath));
    for (Found each : all) {
      if (total <= sizeBudgetBytes) {
        return;
      }
      removePair(each.manifestPath, each.payloadPath, "over its budget");
      total -= each.bytes;
    }
  }

  private void touch(Found found) throws IOException {
    Path staged =
        found.manifestPath.resolveSibling(
            found.manifestPath.getFileName() + ".touch.tmp." + pid + "." + now());
    writeSynced(staged, found.manifest.touchedAt(now()).toBytes());
    rename(staged, found.manifestPath);
    syncDirectory(found.manifestPath.resolveSibling("."));
  }

  private List<Found> scan(Path directory) {
    List<Found> found = new ArrayList<>();
    for (Path path : list(directory)) {
      String name = path.getFileName().toString();
      if (name.contains(TEMPORARY_MARK)) {
        long owner = ownerOf(name);
        if (owner >= 0 && owner != pid) {
          remove(path);
        }
      } else if (name.endsWith(".json")) {
        look(path, found);
      }
    }
    return found;
  }

  private void look(Path manifestPath, List<Found> found) {
    String name = manifestPath.getFileName().toString();
    Path payloadPath =
        manifestPath.resolveSibling(name.substring(0, name.length() - ".json".length()) + ".bin");
    long manifestBytes;
    try {
      manifestBytes = Files.size(manifestPath);
    } catch (IOException e) {
      return;
    }
    long payloadBytes;
    try {
      payloadBytes = Files.size(payloadPath);
    } catch (IOException e) {
      if (remove(manifestPath)) {
        removed.accept(manifestPath, "no payload was there");
      }
      return;
    }
    ForeignManifest manifest;
    try {
      manifest = ForeignManifest.parse(Files.readAllBytes(manifestPath));
    } catch (IOException e) {
      removePair(manifestPath, payloadPath, "its manifest could not be read");
      return;
    }
    if (manifest.schemaVersion() != ForeignManifest.SCHEMA_VERSION) {
      removePair(manifestPath, payloadPath, "another schema version");
      return;
    }
    found.add(new Found(manifestPath, payloadPath, manifest, manifestBytes + payloadBytes));
  }

  private void removePair(Path manifestPath, Path payloadPath, String reason) {
    boolean manifestRemoved = remove(manifestPath);
    boolean payloadRemoved = remove(payloadPath);
    if (manifestRemoved || payloadRemoved) {
      removed.accept(manifestPath, reason);
    }
  }

  private static long ownerOf(String name) {
    String tail = name.substring(name.indexOf(TEMPORARY_MARK) + TEMPORARY_MARK.length());
    int dot = tail.indexOf('.');
    try {
      return Long.parseLong(dot < 0 ? tail : tail.substring(0, dot));
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static List<Path> list(Path directory) {
    try (var paths = Files.newDirectoryStream(directory)) {
      List<Path> listed = new ArrayList<>();
      paths.forEach(listed::add);
      return listed;
    } catch (IOException | DirectoryIteratorException e) {
      return List.of();
    }
  }

  private static void writeSynced(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        channel.write(left);
      }
      channel.force(true);
    }
  }

  private static void syncDirectory(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // The original does not care either.
    }
  }

  private static void rename(Path source, Path target) throws IOException {
    Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private static boolean remove(Path path) {
    try {
      return Files.deleteIfExists(path);
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isMissing(IOException e) {
    return e instanceof NoSuchFileException || e instanceof FileNotFoundException;
  }

  private static String checksum(byte[] payload) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(payload));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long now() {
    return SystemEpochNanoClock.INSTANCE.nanoTime();
  }
}
