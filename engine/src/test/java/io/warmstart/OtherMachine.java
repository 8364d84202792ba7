package io.warmstart;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.OnceBefore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreStats;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** The main class of a process that stands for another machine: its own locks, the same root. */
final class OtherMachine {
  /** What saves without a pause overwrite. */
  static final String RUN = "contended";

  private OtherMachine() {}

  /** Told that nobody else works on the root, which a local directory belies. */
  static StoreOptions options(Path localDirectory) {
    return StoreOptions.defaults()
        .withLocalDirectory(localDirectory)
        .withForeignCheckInterval(Duration.ofDays(1));
  }

  /** The arguments are what to do, the root, the local directory, and what that needs. */
  public static void main(String[] arguments) throws Exception {
    Path root = Path.of(arguments[1]);
    if (arguments[0].equals("stop")) {
      stopBetweenRenames(root, Path.of(arguments[2]));
      return;
    }
    try (WarmStartStore store = WarmStartStore.open(root, options(Path.of(arguments[2])))) {
      switch (arguments[0]) {
        case "obey" -> obey(store);
        case "overwrite" -> overwrite(store, arguments[3], Integer.parseInt(arguments[4]));
        default -> throw new IllegalArgumentException(arguments[0]);
      }
    }
  }

  /** Does the next of a list of things whenever it is told. */
  private static void obey(WarmStartStore store) throws Exception {
    Fingerprint key = Payloads.key("between machines");
    System.out.println("ready");
    ForkedJvm.awaitParent();
    store.saveOverwrite(key, "r", Versions.payload("first", 900), EntryAttributes.checkpoint());
    System.out.println("saved");
    ForkedJvm.awaitParent();
    store.saveOverwrite(key, "r", Versions.payload("second", 700), EntryAttributes.checkpoint());
    System.out.println("overwrote");
    ForkedJvm.awaitParent();
    try (WarmStartStore sweeper =
        WarmStartStore.open(
            store.root(),
            store.options().withSizeBudgetBytes(0).withPolicy(PolicyUse.THIS_STORE_ONLY))) {
      System.out.println("evicted " + sweeper.evictOverflow().evicted());
    }
    ForkedJvm.untilKilled();
  }

  /** Overwrites one run id that others overwrite too, and looks at what it finds. */
  private static void overwrite(WarmStartStore store, String name, int times) throws Exception {
    Fingerprint key = Payloads.key("contended");
    System.out.println("ready");
    ForkedJvm.awaitParent();
    int mixtures = 0;
    int misses = 0;
    for (int i = 0; i < times; i++) {
      int length = 100 + ThreadLocalRandom.current().nextInt(4000);
      store.saveOverwrite(
          key, RUN, Versions.payload(name + " " + i, length), EntryAttributes.checkpoint());
      try (Entry entry = store.lookup(key).orElse(null)) {
        misses += entry == null ? 1 : 0;
        mixtures += entry != null && Versions.nameOf(entry).equals(Versions.MIXTURE) ? 1 : 0;
      }
    }
    StoreStats stats = store.stats();
    System.out.println("mixtures " + mixtures);
    System.out.println("misses " + misses);
    System.out.println("quarantined " + stats.count(StoreCounter.QUARANTINED));
    System.out.println("republished " + stats.count(StoreCounter.REPUBLISHED));
    System.out.println("rolled " + stats.count(StoreCounter.ROLLED_FORWARD));
  }

  private static void stopBetweenRenames(Path root, Path localDirectory) {
    Fingerprint key = Payloads.key("between machines");
    OnceBefore ops = new OnceBefore();
    StoreOptions watched = options(localDirectory).withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, watched)) {
      store.saveOverwrite(key, "r", Versions.payload("old", 60), EntryAttributes.checkpoint());
      ops.arm(
          op -> isRename(op, key),
          2,
          () -> {
            System.out.println("stopped");
            LockSupport.park();
          });
      store.saveOverwrite(key, "r", Versions.payload("new", 70), EntryAttributes.checkpoint());
    }
  }

  /** A rename of a file of a key. */
  static boolean isRename(FileOp op, Fingerprint key) {
    return op.kind() == Kind.RENAME && op.path().toString().contains(key.toHex());
  }

  /** A rename or a removal of a file of a key. */
  static boolean isChange(FileOp op, Fingerprint key) {
    return isRename(op, key)
        || (op.kind() == Kind.UNLINK && op.path().toString().contains(key.toHex()));
  }
}
