package io.warmstart.stress.power;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Durability;
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
import io.warmstart.stress.worker.JournalSegments;
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
import java.util.concurrent.atomic.AtomicBoolean;
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

  /** Of so many cuts one comes when there are pairs of all because of a flush, one after a wait. */
  private static final int PAIRS_IN_ONE_OF = 8;

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** An entry by key number and run id. */
  private record Place(int key, String runId) {}

  private final CutDisk disk;
  private final @Nullable Path memory;
  private final Path root;
  private final SplittableRandom random;
  private final LastOperation last;
  private final FaultPoint faultPoint;
  private final CutPlan plan;
  private final Map<Place, Long> acknowledged = new HashMap<>();

  /** What must be found after the cut, or a later version. */
  private final Map<Place, Long> durable = new HashMap<>();

  private final Map<Long, Place> issued = new HashMap<>();
  private final List<String> losses = new ArrayList<>();
  private long versions;
  private long checked;
  private long journalled;
  private long wentBack;

  /**
   * Makes one.
   *
   * @param memory where locks and index are to lie if not on the disk; gone with the power
   */
  CutCycle(
      CutPlan plan,
      CutDisk disk,
      @Nullable Path memory,
      LastOperation last,
      SplittableRandom random,
      FaultPoint faultPoint) {
    this.plan = plan;
    this.disk = disk;
    this.memory = memory;
    this.root = disk.path().resolve("root");
    this.last = last;
    this.random = random;
    this.faultPoint = faultPoint;
  }

  /** How many acknowledged entries were looked for. */
  long checked() {
    return checked;
  }

  /** How many saves surely went into the journal. */
  long journalled() {
    return journalled;
  }

  /** How many runs are at an older version than was acknowledged, or gone, as they may be. */
  long wentBack() {
    return wentBack;
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
    try {
      if (last != LastOperation.NEW_ROOT) {
        for (int i = random.nextInt(4); i >= 0; i--) {
          saveFresh(store, random.nextInt(KEYS - 1));
        }
        if (plan.journalled()) {
          saveIntoJournal(store);
        }
      }
      lastOperation(store);
    } finally {
      disk.cut(random.nextLong());
      faultPoint.disarm();
      closeAfterCut(store);
    }
    disk.unmount();
    disk.mount();
    loseMemory();
    JournalSegments.asOfAnotherBoot(root);
    try (WarmStartStore again = WarmStartStore.open(root, options(1L << 40))) {
      lookFor(again);
    }
  }

  /** Saves until the journal takes it, which has its segment made meanwhile; and then some more. */
  private void saveIntoJournal(WarmStartStore store) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (journalled == 0) {
      if (System.nanoTime() > deadline) {
        throw new IOException("no save went into the journal: root=" + root);
      }
      TimeUnit.MILLISECONDS.sleep(5);
      overwrite(store, anyPlace());
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      if (random.nextBoolean()) {
        overwrite(store, anyPlace());
      } else {
        saveFresh(store, random.nextInt(KEYS - 1));
      }
    }
    switch (random.nextInt(PAIRS_IN_ONE_OF)) {
      case 0 -> {
        store.flush();
        durable.putAll(acknowledged);
      }
      case 1 -> {
        awaitPairs();
        durable.putAll(acknowledged);
      }
      default -> {
        // The journal alone has them.
      }
    }
  }

  /** Waits until there are pairs of all, by themselves: how soon depends on the machine. */
  private void awaitPairs() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (segments().stream().anyMatch(JournalSegments.Segment::holdsSaves)) {
      if (System.nanoTime() > deadline) {
        throw new IOException("nobody makes pairs of what lies in the journal: root=" + root);
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private List<JournalSegments.Segment> segments() throws IOException {
    return plan.journalled() ? JournalSegments.of(root) : List.of();
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

  private void lastOperation(WarmStartStore store) throws IOException, InterruptedException {
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
      case PAIR_MADE -> {
        saveFresh(store, KEYS - 1);
        arm(KEYS - 1);
        store.flush();
        durable.putAll(acknowledged);
        // A sync of the segment, and with it of the word that says what is in pairs.
        saveFresh(store, existing);
      }
      case EVICTION -> {
        try (WarmStartStore small = WarmStartStore.open(root, options(random.nextInt(9_000)))) {
          small.evictOverflow();
        }
        acknowledged.keySet().removeIf(place -> !isThere(store, place));
        // A sweep begins by making pairs of all.
        durable.clear();
        durable.putAll(acknowledged);
      }
      case UNDER_WAY -> overwriteUntilCut(store);
    }
  }

  private void overwriteUntilCut(WarmStartStore store) throws IOException, InterruptedException {
    Place place = anyPlace();
    overwrite(store, place);
    AtomicLong done = new AtomicLong(acknowledged.getOrDefault(place, 0L));
    AtomicBoolean over = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              try {
                // What needs no disk goes on without one.
                while (!over.get()) {
                  done.set(write(store, place));
                }
              } catch (StoreException e) {
                // The power is gone.
              }
            });
    writer.start();
    TimeUnit.MICROSECONDS.sleep(random.nextInt(12_000));
    long before = done.get();
    disk.cut(random.nextLong());
    over.set(true);
    writer.join();
    // Whether the last of them was acknowledged before the cut nobody knows.
    acknowledged.put(place, before);
    if (plan.durability() != Durability.PROCESS_SAFE) {
      durable.put(place, before);
    }
  }

  private void arm(int key) {
    if (plan.leftOut() == CutPlan.Sync.NONE) {
      return;
    }
    String pattern =
        switch (plan.leftOut()) {
          case PAYLOAD -> root + "/*~payload~*";
          case MANIFEST -> root + "/*~manifest~*";
          case KEY_DIRECTORY ->
              root + "/" + (last == LastOperation.NEW_ROOT ? "[0-9a-f]*" : Names.key(key).toHex());
          case ROOT -> root.toString();
          case JOURNAL -> root + "/.warmstart/journal/*";
          case PARENT_OF_ROOT, NONE -> disk.path().toString();
        };
    faultPoint.arm(EnumSet.of(Call.SYNC), pattern, Action.LEAVE_OUT_FROM_THERE_ON, Errno.EIO, 1);
  }

  private void saveFresh(WarmStartStore store, int key) throws IOException {
    long version = Version.of(0, ++versions);
    byte[] payload = Version.payload(version, -1, key, PAYLOAD_BYTES);
    List<JournalSegments.Segment> before = segments();
    String runId = store.save(Names.key(key), payload, attributes(version));
    Place place = new Place(key, runId);
    issued.put(version, place);
    acknowledge(place, version, before);
  }

  private void overwrite(WarmStartStore store, Place place) throws IOException {
    List<JournalSegments.Segment> before = segments();
    acknowledge(place, write(store, place), before);
  }

  private long write(WarmStartStore store, Place place) {
    long version = Version.of(0, ++versions);
    byte[] payload = Version.payload(version, -1, place.key(), PAYLOAD_BYTES);
    issued.put(version, place);
    store.saveOverwrite(Names.key(place.key()), place.runId(), payload, attributes(version));
    return version;
  }

  /** A save has returned. One that was to outlive its process alone may have gone into files. */
  private void acknowledge(Place place, long version, List<JournalSegments.Segment> before)
      throws IOException {
    List<JournalSegments.Segment> after = segments();
    journalled += JournalSegments.grew(before, after) ? 1 : 0;
    acknowledged.put(place, version);
    if (plan.durability() != Durability.PROCESS_SAFE || before.equals(after)) {
      durable.put(place, version);
    }
  }

  /** What verification calls a pair whose second rename has not come. */
  private static final String INCOMPLETE = "incomplete";

  private void lookFor(WarmStartStore store) throws IOException {
    // Before anything else: an explanation has pairs made of what lies in the journal, and the
    // first reader completes what was cut off between its renames.
    for (int key : acknowledged.keySet().stream().map(Place::key).distinct().toList()) {
      lookUp(store, key);
    }
    for (Map.Entry<Place, Long> each : acknowledged.entrySet()) {
      checked++;
      Place place = each.getKey();
      long least = durable.getOrDefault(place, 0L);
      if (!isThere(store, place)) {
        if (least > 0) {
          losses.add("%s: lost: %s".formatted(last, place));
        } else {
          wentBack++;
        }
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
      if (found < least || !place.equals(issued.get(found))) {
        losses.add(
            "%s: another version: %s expected=%s actual=%s"
                .formatted(last, place, Version.text(least), Version.text(found)));
      } else if (found < each.getValue()) {
        wentBack++;
      }
    }
    VerifyReport report = store.verify();
    List<VerifyReport.Problem> problems = report.problems();
    if (!problems.isEmpty()
        && problems.stream().allMatch(problem -> problem.kind().equals(INCOMPLETE))) {
      // Cut off between its renames, and not the latest of its key: no lookup has come by it.
      store.repair();
      report = store.verify();
    }
    // A run that came back after its eviction is whole or only its leftovers are there.
    if (losses.isEmpty() && last != LastOperation.EVICTION) {
      report.problems().forEach(problem -> losses.add(last + ": verify: " + problem));
    }
    if (losses.isEmpty()) {
      segments().forEach(each -> losses.add(last + ": left in the journal: " + each));
    }
  }

  /** A lookup of the latest finds no older version of the key than must be there, and all of it. */
  private void lookUp(WarmStartStore store, int key) {
    long least = 0;
    for (Map.Entry<Place, Long> each : durable.entrySet()) {
      least = each.getKey().key() == key ? Math.max(least, each.getValue()) : least;
    }
    long found = 0;
    String complaint = "";
    try (Entry entry = store.lookupLatest(Names.key(key)).orElse(null)) {
      if (entry != null) {
        found = entry.iteration().orElse(0);
        complaint = Version.complaint(entry.payload(), -1, key, PAYLOAD_BYTES);
      }
    }
    if (found < least || !complaint.isEmpty()) {
      losses.add(
          "%s: the latest of key %d: expected=%s actual=%s %s"
              .formatted(last, key, Version.text(least), Version.text(found), complaint));
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
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withDurability(plan.durability());
    return memory == null ? options : options.withLocalDirectory(memory);
  }

  private static EntryAttributes attributes(long version) {
    return EntryAttributes.checkpoint()
        .withObjective(Version.objective(version))
        .withIteration(version);
  }
}
