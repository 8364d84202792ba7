package io.warmstart.stress.scenario;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import io.warmstart.model.VerifyReport;
import io.warmstart.stress.fork.Tool;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.mount.LoopDisk;
import io.warmstart.stress.mount.Tmpfs;
import io.warmstart.stress.worker.Names;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Disks that fill up, by bytes and by inodes, and one that becomes read-only under way. Saves fail
 * by name and change nothing, lookups go on, and once there is room again saves succeed.
 */
public final class DiskFull implements Scenario {
  private static final int FULL_AFTER_FAILURES = 20;
  private static final int MOST_SAVES = 5_000;

  /** An acknowledged entry: each has a key of its own, so that each must be found. */
  private final List<Long> acknowledged = new ArrayList<>();

  private long versions;

  @Override
  public String name() {
    return "disk-full";
  }

  @Override
  public String summary() {
    return "tmpfs and ext4 without bytes, without inodes, and read-only under way";
  }

  @Override
  public int defaultProcesses() {
    return 1;
  }

  @Override
  public int defaultSeconds() {
    return 30;
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    Tool.needRoot();
    Tool.need("mount", "umount");
    Path directory = run.freshDirectory("mounts");
    run.atLeast("saves that found the disk full", 2 * FULL_AFTER_FAILURES);
    run.atLeast("entries looked for on a full disk", 50);
    do {
      try (Tmpfs bytes = Tmpfs.make(directory.resolve("bytes"), "size=4m")) {
        fill(run, bytes.path(), 20_000);
      }
      try (Tmpfs inodes = Tmpfs.make(directory.resolve("inodes"), "size=64m,nr_inodes=200")) {
        fill(run, inodes.path(), 100);
      }
      onExt4(run, directory);
      run.count("rounds", 1);
    } while (run.timeLeft() && !run.anyProblem());
  }

  private void onExt4(Run run, Path directory) throws IOException, InterruptedException {
    try {
      LoopDisk.need("ext4");
    } catch (SkippedException e) {
      run.skip("ext4", String.valueOf(e.getMessage()));
      return;
    }
    try (LoopDisk bytes = LoopDisk.make(directory, "ext4", 8)) {
      fill(run, bytes.path(), 60_000);
    }
    try (LoopDisk inodes = LoopDisk.make(directory, "ext4", 16, "-N", "96")) {
      fill(run, inodes.path(), 100);
    }
    try (LoopDisk readOnly = LoopDisk.make(directory, "ext4", 32)) {
      becomeReadOnly(run, readOnly);
    }
  }

  private void fill(Run run, Path mountPoint, int payloadBytes) {
    acknowledged.clear();
    Path root = mountPoint.resolve("root");
    int failures = 0;
    try (WarmStartStore store = WarmStartStore.open(root, options(1L << 40))) {
      for (int i = 0; i < MOST_SAVES && failures < FULL_AFTER_FAILURES; i++) {
        Optional<StoreException> failure = save(store, payloadBytes);
        if (failure.isPresent()) {
          failures++;
          if (!(failure.get() instanceof StorageFullException)) {
            run.problem("a full disk is called " + failure.get());
          }
        }
      }
      run.count("saves that found the disk full", failures);
      if (failures < FULL_AFTER_FAILURES) {
        run.problem("the disk did not fill up: " + mountPoint);
      }
      lookForAll(run, store, payloadBytes);
      VerifyReport report = store.verify();
      report.problems().forEach(each -> run.problem("verify on a full disk: " + each));
      report.leftovers().forEach(each -> run.problem("a failed save left " + each));
      try (WarmStartStore small = WarmStartStore.open(root, options(payloadBytes * 4L + 8_000))) {
        run.count("entries evicted from a full disk", small.evictOverflow().evicted());
      }
      save(store, payloadBytes)
          .ifPresent(failure -> run.problem("there is room again, and a save says " + failure));
    }
  }

  private void becomeReadOnly(Run run, LoopDisk disk) throws IOException, InterruptedException {
    acknowledged.clear();
    int payloadBytes = 5_000;
    Path root = disk.path().resolve("root");
    try (WarmStartStore store = WarmStartStore.open(root, options(1L << 40))) {
      for (int i = 0; i < 20; i++) {
        save(store, payloadBytes)
            .ifPresent(failure -> run.problem("nothing is wrong yet: " + failure));
      }
      // What the kernel does by itself when it finds the file system damaged.
      disk.remount("abort");
      for (int i = 0; i < 5; i++) {
        Optional<StoreException> failure = save(store, payloadBytes);
        if (failure.isEmpty()) {
          run.problem("a save to a read-only disk succeeded");
        } else if (failure.get() instanceof ReadOnlyStoreException) {
          run.count("saves that found the disk read-only", 1);
        } else if (i > 0) {
          run.problem("a read-only disk is called " + failure.get());
        }
      }
      lookForAll(run, store, payloadBytes);
    } catch (StoreException e) {
      run.problem("close on a read-only disk: " + e);
    }
    disk.unmount();
    disk.mount();
    try (WarmStartStore store = WarmStartStore.open(root, options(1L << 40))) {
      lookForAll(run, store, payloadBytes);
      save(store, payloadBytes)
          .ifPresent(failure -> run.problem("writable again, and a save says " + failure));
    }
  }

  private Optional<StoreException> save(WarmStartStore store, int payloadBytes) {
    long version = Version.of(0, ++versions);
    int key = (int) versions;
    try {
      store.save(
          Names.key(key),
          Version.payload(version, -1, key, payloadBytes),
          EntryAttributes.checkpoint().withIteration(version));
      acknowledged.add(version);
      return Optional.empty();
    } catch (StoreException e) {
      return Optional.of(e);
    }
  }

  private void lookForAll(Run run, WarmStartStore store, int payloadBytes) {
    long lost = 0;
    for (long version : acknowledged) {
      int key = (int) (version - Version.of(0, 0));
      try (Entry entry = store.lookup(Names.key(key)).orElse(null)) {
        String complaint =
            entry == null
                ? "is not there"
                : Version.complaint(entry.payload(), -1, key, payloadBytes);
        if (!complaint.isEmpty()) {
          lost++;
          run.problem("version " + Version.text(version) + " " + complaint);
        }
      } catch (StoreException e) {
        lost++;
        run.problem("a lookup on a full or read-only disk: " + e);
      }
    }
    run.count("entries looked for on a full disk", acknowledged.size());
    run.trials(acknowledged.size(), lost);
  }

  private static StoreOptions options(long budgetBytes) {
    return StoreOptions.defaults()
        .withSizeBudgetBytes(budgetBytes)
        .withPolicy(PolicyUse.THIS_STORE_ONLY);
  }
}
