package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * After every step of a random history the index answers what the files say: for each key and
 * ranking, the entry that {@code explain}, which reads every file, finds to be the winner.
 */
@Tag("once")
@ExtendWith(Seeds.class)
class IndexModelTest {
  private static final int KEYS = 4;
  private static final int RUNS = 3;

  @TempDir Path root;

  @Test
  void ownChangesAreSeenAtOnceWithoutAnyForeignCheck(Random random) {
    StoreOptions options =
        StoreOptions.defaults().withForeignCheckInterval(Duration.ofDays(100 * 365));
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (int step = 0; step < 400; step++) {
        ownStep(store, random);
        assertIndexAgreesWithFiles(store, "step " + step);
      }
      assertTrue(store.stats().count(StoreCounter.HITS) > 1000);
    }
  }

  @Test
  void foreignChangesAreSeenByTheNextCheck(Random random) throws IOException {
    StoreOptions options = StoreOptions.defaults().withForeignCheckInterval(Duration.ZERO);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (int step = 0; step < 250; step++) {
        if (random.nextInt(3) == 0) {
          foreignStep(random);
        } else {
          ownStep(store, random);
        }
        assertIndexAgreesWithFiles(store, "step " + step);
      }
    }
  }

  @Test
  void indexThatIsDeletedOrDamagedUnderAStoreIsMadeAnew(Random random) throws IOException {
    StoreOptions options = StoreOptions.defaults().withForeignCheckInterval(Duration.ZERO);
    Path index = root.toRealPath().resolve(".warmstart").resolve("index");
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (int step = 0; step < 60; step++) {
        ownStep(store, random);
        switch (random.nextInt(6)) {
          case 0 -> Files.deleteIfExists(index);
          case 1 -> flipBit(index, random);
          default -> {}
        }
        assertIndexAgreesWithFiles(store, "step " + step);
      }
    }
  }

  private static void ownStep(WarmStartStore store, Random random) {
    Fingerprint key = key(random);
    switch (random.nextInt(12)) {
      case 0 -> store.evictOverflow();
      case 1 -> {
        // Nothing but room for one entry: the oldest goes.
        try (WarmStartStore tight =
            WarmStartStore.open(
                store.root(),
                store
                    .options()
                    .withPolicy(PolicyUse.THIS_STORE_ONLY)
                    .withSizeBudgetBytes(random.nextInt(4000)))) {
          tight.evictOverflow();
        }
      }
      case 2 -> store.lookup(key).ifPresent(Entry::close);
      default -> store.saveOverwrite(key, run(random), payload(random), attributes(random));
    }
  }

  /** What a person, or a store that knows no index, does with files. */
  private void foreignStep(Random random) throws IOException {
    Path directory = root.resolve(key(random).toHex());
    if (!Files.isDirectory(directory)) {
      return;
    }
    List<Path> manifests = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, "*.json")) {
      stream.forEach(manifests::add);
    }
    if (manifests.isEmpty()) {
      return;
    }
    Path manifest = manifests.get(random.nextInt(manifests.size()));
    String name = manifest.getFileName().toString();
    Path payload = manifest.resolveSibling(name.substring(0, name.length() - 5) + ".bin");
    if (random.nextBoolean()) {
      Files.delete(manifest);
      Files.delete(payload);
    } else {
      // The same payload with another objective, renamed into place as the original does it.
      String text =
          Files.readString(manifest)
              .replaceFirst("\"objective\": [^,]+,", "\"objective\": " + random.nextInt(9) + ",");
      Path staged = manifest.resolveSibling(name + ".tmp.1.1.0");
      Files.writeString(staged, text);
      Files.move(staged, manifest, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void flipBit(Path index, Random random) throws IOException {
    try (var channel =
        java.nio.channels.FileChannel.open(
            index, java.nio.file.StandardOpenOption.READ, java.nio.file.StandardOpenOption.WRITE)) {
      // Within the header's checked fields: what a slot says is believed until its key changes.
      long at = random.nextInt(24);
      var one = java.nio.ByteBuffer.allocate(1);
      channel.read(one, at);
      one.put(0, (byte) (one.get(0) ^ (1 << random.nextInt(8))));
      channel.write(one.flip(), at);
    } catch (java.nio.file.NoSuchFileException e) {
      // Deleted by an earlier step and not made again yet.
    }
  }

  private static void assertIndexAgreesWithFiles(WarmStartStore store, String where) {
    for (int each = 0; each < KEYS; each++) {
      Fingerprint key = Payloads.key("key-" + each);
      for (Ranking ranking : Ranking.values()) {
        // Twice: the first may fill the index, the second is answered from it.
        for (int look = 0; look < 2; look++) {
          Optional<String> expected = store.explain(key, ranking).winner();
          try (Entry entry = store.lookup(key, ranking).orElse(null)) {
            String message = where + ", key " + each + ", " + ranking + ", look " + look;
            assertEquals(expected, Optional.ofNullable(entry).map(Entry::runId), message);
          }
        }
      }
    }
  }

  private static Fingerprint key(Random random) {
    return Payloads.key("key-" + random.nextInt(KEYS));
  }

  private static String run(Random random) {
    return "run-" + random.nextInt(RUNS);
  }

  private static byte[] payload(Random random) {
    byte[] payload = new byte[random.nextInt(200)];
    random.nextBytes(payload);
    return payload;
  }

  private static EntryAttributes attributes(Random random) {
    EntryAttributes attributes =
        random.nextInt(3) == 0 ? EntryAttributes.finalResult() : EntryAttributes.checkpoint();
    return random.nextInt(4) == 0 ? attributes : attributes.withObjective(random.nextInt(9));
  }
}
