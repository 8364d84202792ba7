package io.warmstart.stress.fuzz;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.Retention;
import io.warmstart.model.StoreException;
import io.warmstart.payload.Sha256;
import io.warmstart.stress.frame.Trees;
import io.warmstart.stress.worker.Names;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A file of text in a root of its own: a policy, the labels of a key, a manifest that fits its
 * payload, or a stray name in one of the directories. Everything that a store does with it is done.
 * It may say so in the store's own terms, of what it cannot use; a lookup answers with a payload
 * that is there, or with none where a policy has taken all away.
 */
final class EngineFileTarget implements FuzzTarget {
  /** What is written where. */
  enum Place {
    POLICY,
    LABELS,
    MANIFEST,
    NAME
  }

  private static final Fingerprint KEY = Names.key(1);
  private static final byte[] PAYLOAD = "a payload".getBytes(StandardCharsets.UTF_8);
  private static final List<String> DIRECTORIES =
      List.of(
          KEY.toHex(),
          "",
          ".warmstart",
          ".warmstart/pins",
          ".warmstart/labels",
          ".warmstart/quarantine",
          ".warmstart/journal");

  private final Place place;
  private final Path directory;
  private final byte[] goodManifest;
  private long inputs;

  EngineFileTarget(Place place, Path directory) throws IOException {
    this.place = place;
    this.directory = directory;
    this.goodManifest = fitting(Text.corpus("manifest").get(0));
    if (goodManifest.length == 0) {
      throw new IOException("the first manifest of the corpus is none");
    }
  }

  @Override
  public String name() {
    return switch (place) {
      case POLICY -> "policy-file";
      case LABELS -> "labels-file";
      case MANIFEST -> "manifest-file";
      case NAME -> "stray-name";
    };
  }

  @Override
  public List<byte[]> corpus() {
    return Text.corpus(place.name().toLowerCase(Locale.ROOT));
  }

  /**
   * With the checksum and the length of the payload, as it can be told apart no more; empty if it
   * is no manifest.
   */
  private static byte[] fitting(byte[] input) {
    try {
      Manifest read = ManifestCodec.decode(input, input.length);
      return ManifestCodec.encode(
          new Manifest(
              read.schemaVersion(),
              read.producer(),
              read.written(),
              read.objective(),
              read.iteration(),
              read.finalResult(),
              digest(),
              PAYLOAD.length,
              read.accessed(),
              read.accessedAt(),
              read.unknownFields()));
    } catch (ManifestFormatException e) {
      return new byte[0];
    }
  }

  private static Digest256 digest() {
    Sha256 sha = new Sha256();
    sha.update(PAYLOAD, PAYLOAD.length);
    return sha.finish();
  }

  @Override
  public String judge(byte[] input) throws IOException {
    byte[] manifest = place == Place.MANIFEST ? fitting(input) : goodManifest;
    if (manifest.length == 0) {
      // Refused, which the target of manifests judges; a root would wait for its writer.
      return "";
    }
    Path root = directory.resolve("root-" + inputs++);
    try {
      put(root, KEY.toHex() + "/r1.bin", PAYLOAD);
      put(root, KEY.toHex() + "/r1.json", goodManifest);
      if (place == Place.MANIFEST) {
        put(root, KEY.toHex() + "/r2.bin", PAYLOAD);
        put(root, KEY.toHex() + "/r2.json", manifest);
      } else if (place == Place.POLICY) {
        put(root, ".warmstart/policy", input);
      } else if (place == Place.LABELS) {
        put(root, ".warmstart/labels/" + KEY.toHex(), input);
      } else {
        stray(root, input);
      }
      return use(root);
    } finally {
      Trees.remove(root);
    }
  }

  private void stray(Path root, byte[] input) throws IOException {
    String where = DIRECTORIES.get((int) (inputs % DIRECTORIES.size()));
    String name = new String(input, StandardCharsets.UTF_8).replace('/', '_');
    if (name.isEmpty() && !where.startsWith(".warmstart/")) {
      // In place of the directory itself: what is not the engine's to make is refused.
      return;
    }
    try {
      Path file = root.resolve(where).resolve(name);
      if (name.getBytes(StandardCharsets.UTF_8).length <= 255 && Files.notExists(file)) {
        put(root, root.relativize(file).toString(), PAYLOAD);
      }
    } catch (InvalidPathException e) {
      // No name that a file can have.
    }
  }

  private static void put(Path root, String name, byte[] bytes) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  private String use(Path root) {
    String complaint = "";
    try (WarmStartStore store = WarmStartStore.open(root)) {
      for (Ranking ranking : Ranking.values()) {
        complaint = complaint.isEmpty() ? complaint(store.lookup(KEY, ranking)) : complaint;
        store.explain(KEY, ranking);
      }
      store.contents(KEY);
      store.inspect();
      store.policy();
      tried(() -> store.label(KEY, "text", "a name"));
      tried(() -> store.save(KEY, PAYLOAD, EntryAttributes.checkpoint()));
      tried(() -> store.evictOverflow());
      store.verify();
    }
    if (place == Place.POLICY) {
      changePolicy(root);
    }
    return complaint;
  }

  private static void changePolicy(Path root) {
    StoreOptions changed =
        StoreOptions.defaults()
            .withSizeBudgetBytes(1 << 20)
            .withTtl(Duration.ofDays(3))
            .withRetention(Retention.KEEP_BEST_AND_LATEST)
            .withPolicy(PolicyUse.CHANGE);
    boolean set = tried(() -> WarmStartStore.open(root, changed).close());
    if (set) {
      // Then it is the root's, and nobody who names the same is refused.
      WarmStartStore.open(root, changed.withPolicy(PolicyUse.AGREE)).close();
    }
  }

  /** Does something that may be refused in the store's terms; whether it was not. */
  private static boolean tried(Runnable operation) {
    try {
      operation.run();
      return true;
    } catch (StoreException e) {
      return false;
    }
  }

  private String complaint(Optional<Entry> found) {
    if (found.isEmpty()) {
      return place == Place.POLICY ? "" : "a miss";
    }
    try (Entry entry = found.get()) {
      return Arrays.equals(PAYLOAD, entry.bytes().toByteArray()) ? "" : "other bytes";
    }
  }

  @Override
  public void close() throws IOException {
    Trees.remove(directory);
  }
}
