package io.warmstart.stress.power;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Explanation;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreException;
import io.warmstart.model.VerifyReport;
import io.warmstart.stress.fault.Action;
import io.warmstart.stress.fault.Call;
import io.warmstart.stress.fault.Errno;
import io.warmstart.stress.fault.FaultPoint;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.mount.CutDisk;
import io.warmstart.stress.worker.Names;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One power cut: some saves on a fresh disk, one last operation, the cut at its acknowledgement,
 * the disk mounted again, and everything that was acknowledged looked for.
 */
final class CutCycle {
  private static final int KEYS = 3;
  private static final int PAYLOAD_BYTES = 9_000;

  /** An entry by key number and run id. */
  private record Place(int key, String runId) {}

  private final CutDisk disk;
  private final @Nullable Path memory;
  private final Path root;
  private final SplittableRandom random;
  private final LastOperation last;
  private final FaultPoint faultPoint;
  private final CutPlan.Sync leftOut;
  private final Map<Place, Long> acknowledged = new HashMap<>();
  private final List<String> losses = new ArrayList<>();
  private long versions;
  private long checked;

  /**
   * Makes one.
   *
   * @param memory where locks and index are to lie if not on the disk; gone with the power
   */
  CutCycle(
      CutDisk disk,
      @Nullable Path memory,
      LastOperation last,
      SplittableRandom random,
      FaultPoint faultPoint,
      CutPlan.Sync leftOut) {
    this.disk = disk;
    this.memory = memory;
    this.root = disk.path().resolve("root");
    this.last = last;
    this.random = random;
    this.faultPoint = faultPoint;
    this.leftOut = leftOut;
  }

  /** How many acknowledged entries were looked for. */
  long checked() {
    return checked;
  }

  /** What was lost or is not whole, one line each. */
  List<String> losses() {
    return losses;
  }

  void run() throws IOException, InterruptedException {
    if (last == LastOperation.NEW_ROOT) {
      if (random.nextBoolean()) {
        // Made by somebody who has synced nothing.
        Files.createDirectory(root);
      }
      arm(0);
    }
    WarmStartStore store = WarmStartStore.open(root, options(1L << 40));
    long atLeast = 0;
    try {
      if (last != LastOperation.NEW_ROOT) {
        for (int i = random.nextInt(4); i >= 0; i--) {
          saveFresh(store, random.nextInt(KEYS - 1));
        }
      }
      atLeast = lastOperation(store);
    } finally {
      disk.cut(random.nextLong());
      faultPoint.disarm();
      closeAfterCut(store);
    }
    disk.unmount();
    disk.mount();
    loseMemory();
    try (WarmStartStore again = WarmStartStore.open(root, options(1L << 40))) {
      lookFor(again, atLeast);
    }
  }

  /**
   * With the power goes the boot, and an index of another boot is none. On the disk it would be a
   * mixture of pages that were written back and of pages that were not, under the boot that it
   * names.
   */
  private void loseMemory() throws IOException {
    Files.deleteIfExists(root.resolve(".warmstart").resolve("index"));
    if (memory != null) {
      try (Stream<Path> all = Files.walk(memory)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          if (!each.equals(memory)) {
            Files.delete(each);
          }
        }
      }
    }
  }

  /** The last operation; for one under way the version that was acknowledged before the cut. */
  private long lastOperation(WarmStartStore store) throws IOException, InterruptedException {
    int existing = acknowledged.isEmpty() ? 0 : anyPlace().key();
    switch (last) {
      case NEW_ROOT -> saveFresh(store, KEYS - 1);
      case NEW_KEY -> {
        arm(KEYS - 1);
        saveFresh(store, KEYS - 1);
      }
      case EXISTING_KEY -> {
        arm(existing);
        saveFresh(store, existing);
      }
      case OVERWRITE -> {
        Place place = anyPlace();
        arm(place.key());
        overwrite(store, place);
      }
      case EVICTION -> {
        try (WarmStartStore small = WarmStartStore.open(root, options(random.nextInt(9_000)))) {
          small.evictOverflow();
        }
        acknowledged.keySet().removeIf(place -> !isThere(store, place));
      }
      case UNDER_WAY -> {
        return overwriteUntilCut(store);
      }
    }
    return 0;
  }

  private long overwriteUntilCut(WarmStartStore store) throws IOException, InterruptedException {
    Place place = anyPlace();
    AtomicLong done = new AtomicLong(overwrite(store, place));
    Thread writer =
        new Thread(
            () -> {
              try {
                while (true) {
                  done.set(overwrite(store, place));
                }
              } catch (StoreException e) {
                // The power is gone.
              }
            });
    writer.start();
    TimeUnit.MICROSECONDS.sleep(random.nextInt(12_000));
    long before = done.get();
    disk.cut(random.nextLong());
    writer.join();
    // Whether the last of them was acknowledged before the cut nobody knows.
    acknowledged.put(place, before);
    return before;
  }

  private void arm(int key) {
    if (leftOut == CutPlan.Sync.NONE) {
      return;
    }
    String pattern =
        switch (leftOut) {
          case PAYLOAD -> root + "/*~payload~*";
          case MANIFEST -> root + "/*~manifest~*";
          case KEY_DIRECTORY ->
              root + "/" + (last == LastOperation.NEW_ROOT ? "[0-9a-f]*" : Names.key(key).toHex());
          case ROOT -> root.toString();
          case PARENT_OF_ROOT, NONE -> disk.path().toString();
        };
    faultPoint.arm(EnumSet.of(Call.SYNC), pattern, Action.LEAVE_OUT_FROM_THERE_ON, Errno.EIO, 1);
  }

  private void saveFresh(WarmStartStore store, int key) {
    long version = Version.of(0, ++versions);
    byte[] payload = Version.payload(version, -1, key, PAYLOAD_BYTES);
    String runId = store.save(Names.key(key), payload, attributes(version));
    acknowledged.put(new Place(key, runId), version);
  }

  private long overwrite(WarmStartStore store, Place place) {
    long version = Version.of(0, ++versions);
    byte[] payload = Version.payload(version, -1, place.key(), PAYLOAD_BYTES);
    store.saveOverwrite(Names.key(place.key()), place.runId(), payload, attributes(version));
    acknowledged.put(place, version);
    return version;
  }

  private void lookFor(WarmStartStore store, long atLeast) throws IOException {
    for (Place place : acknowledged.keySet()) {
      // The first reader completes what was cut off between its renames; an explanation does not.
      store.lookupLatest(Names.key(place.key())).ifPresent(Entry::close);
    }
    for (Map.Entry<Place, Long> each : acknowledged.entrySet()) {
      checked++;
      Place place = each.getKey();
      if (!isThere(store, place)) {
        losses.add("%s: lost: %s".formatted(last, place));
        continue;
      }
      byte[] payload = Files.readAllBytes(payloadFile(place));
      UnsafeBuffer buffer = new UnsafeBuffer(payload);
      String complaint = Version.complaint(buffer, -1, place.key(), PAYLOAD_BYTES);
      if (!complaint.isEmpty()) {
        losses.add("%s: not whole: %s: %s".formatted(last, place, complaint));
        continue;
      }
      long found = buffer.getLong(0, ByteOrder.LITTLE_ENDIAN);
      boolean right =
          (last == LastOperation.UNDER_WAY && each.getValue() == atLeast)
              ? found >= atLeast && found <= Version.of(0, versions)
              : found == each.getValue();
      if (!right) {
        losses.add(
            "%s: another version: %s expected=%s actual=%s"
                .formatted(last, place, Version.text(each.getValue()), Version.text(found)));
      }
    }
    VerifyReport report = store.verify();
    // A run that came back after its eviction is whole or only its leftovers are there.
    if (losses.isEmpty() && last != LastOperation.EVICTION) {
      report.problems().forEach(problem -> losses.add(last + ": verify: " + problem));
    }
  }

  private static boolean isThere(WarmStartStore store, Place place) {
    return store.explain(Names.key(place.key()), Ranking.LATEST).candidates().stream()
        .filter(Explanation.Verdict::usable)
        .anyMatch(each -> each.runId().equals(place.runId()));
  }

  private Path payloadFile(Place place) {
    return root.resolve(Names.key(place.key()).toHex()).resolve(place.runId() + ".bin");
  }

  private Place anyPlace() {
    List<Place> places = acknowledged.keySet().stream().toList();
    return places.get(random.nextInt(places.size()));
  }

  private static void closeAfterCut(WarmStartStore store) {
    try {
      store.close();
    } catch (StoreException e) {
      // What close still wanted to write has no disk any more.
    }
  }

  private StoreOptions options(long budgetBytes) {
    StoreOptions options =
        StoreOptions.defaults()
            .withSizeBudgetBytes(budgetBytes)
            .withPolicy(PolicyUse.THIS_STORE_ONLY);
    return memory == null ? options : options.withLocalDirectory(memory);
  }

  private static EntryAttributes attributes(long version) {
    return EntryAttributes.checkpoint()
        .withObjective(Version.objective(version))
        .withIteration(version);
  }
}
