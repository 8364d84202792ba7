package io.warmstart.stress.power;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreException;
import io.warmstart.stress.fault.Action;
import io.warmstart.stress.fault.Call;
import io.warmstart.stress.fault.Errno;
import io.warmstart.stress.fault.FaultPoint;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.mount.CutDisk;
import io.warmstart.stress.power.Acknowledged.Place;
import io.warmstart.stress.worker.JournalSegments;
import io.warmstart.stress.worker.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One power cut: some saves on a fresh disk, one last operation, the cut at its acknowledgement,
 * the disk mounted again, in half of the cuts as after a reboot, and everything that was
 * acknowledged looked for.
 */
final class CutCycle {
  private static final int KEYS = 3;

  /** Of so many cuts one comes when there are pairs of all because of a flush, one after a wait. */
  private static final int PAIRS_IN_ONE_OF = 8;

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final CutDisk disk;
  private final @Nullable Path memory;
  private final Path root;
  private final SplittableRandom random;
  private final LastOperation last;
  private final FaultPoint faultPoint;
  private final CutPlan plan;
  private final Acknowledged acknowledged = new Acknowledged();
  private long versions;
  private long journalled;

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

  /** How many saves surely went into the journal. */
  long journalled() {
    return journalled;
  }

  /**
   * Runs it.
   *
   * @return what was found when the power was back
   */
  AfterCut run() throws IOException, InterruptedException {
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
    if (random.nextBoolean()) {
      loseMemory();
      JournalSegments.asOfAnotherBoot(root);
    }
    // Else the disk alone was away, and comes back under the boot id that it names, with an index
    // that is a mixture of pages.
    try (WarmStartStore again = WarmStartStore.open(root, options(1L << 40))) {
      AfterCut found = new AfterCut(root, last, acknowledged);
      found.lookFor(again);
      found.lookInJournal(segments());
      return found;
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
      overwrite(store, acknowledged.any(random));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      if (random.nextBoolean()) {
        overwrite(store, acknowledged.any(random));
      } else {
        saveFresh(store, random.nextInt(KEYS - 1));
      }
    }
    switch (random.nextInt(PAIRS_IN_ONE_OF)) {
      case 0 -> {
        store.flush();
        acknowledged.allSurvive();
      }
      case 1 -> {
        awaitPairs();
        acknowledged.allSurvive();
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

  /** With the power goes the boot, and an index of another boot is none. */
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
    int existing = acknowledged.isEmpty() ? 0 : acknowledged.any(random).key();
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
        Place place = acknowledged.any(random);
        arm(place.key());
        overwrite(store, place);
      }
      case PAIR_MADE -> {
        saveFresh(store, KEYS - 1);
        arm(KEYS - 1);
        store.flush();
        acknowledged.allSurvive();
        // A sync of the segment, and with it of the word that says what is in pairs.
        saveFresh(store, existing);
      }
      case EVICTION -> {
        try (WarmStartStore small = WarmStartStore.open(root, options(random.nextInt(9_000)))) {
          small.evictOverflow();
        }
        // A sweep begins by making pairs of all.
        acknowledged.retain(place -> AfterCut.isThere(store, place));
      }
      case UNDER_WAY -> overwriteUntilCut(store);
    }
  }

  private void overwriteUntilCut(WarmStartStore store) throws IOException, InterruptedException {
    Place place = acknowledged.any(random);
    overwrite(store, place);
    AtomicLong done = new AtomicLong(acknowledged.latest(place));
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
    acknowledged.acknowledge(place, before, plan.durability() != Durability.PROCESS_SAFE);
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
    byte[] payload = Version.payload(version, -1, key, AfterCut.PAYLOAD_BYTES);
    List<JournalSegments.Segment> before = segments();
    String runId = store.save(Names.key(key), payload, attributes(version));
    Place place = new Place(key, runId);
    acknowledged.issue(place, version);
    acknowledge(place, version, before);
  }

  private void overwrite(WarmStartStore store, Place place) throws IOException {
    List<JournalSegments.Segment> before = segments();
    acknowledge(place, write(store, place), before);
  }

  private long write(WarmStartStore store, Place place) {
    long version = Version.of(0, ++versions);
    byte[] payload = Version.payload(version, -1, place.key(), AfterCut.PAYLOAD_BYTES);
    acknowledged.issue(place, version);
    store.saveOverwrite(Names.key(place.key()), place.runId(), payload, attributes(version));
    return version;
  }

  /** A save has returned. One that was to outlive its process alone may have gone into files. */
  private void acknowledge(Place place, long version, List<JournalSegments.Segment> before)
      throws IOException {
    List<JournalSegments.Segment> after = segments();
    journalled += JournalSegments.grew(before, after) ? 1 : 0;
    acknowledged.acknowledge(
        place, version, plan.durability() != Durability.PROCESS_SAFE || before.equals(after));
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
