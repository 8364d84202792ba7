package io.warmstart;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreException;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.model.VerifyReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** The main class of processes of another user. */
final class UserChild {
  static final String RUN = "run";
  static final int OF_OTHERS = 20;

  private UserChild() {}

  /** The arguments are what to do, the root, and a local directory, a remote, or nothing. */
  public static void main(String[] arguments) throws IOException {
    StoreOptions options = StoreOptions.defaults();
    if (arguments.length > 2) {
      options = options.withLocalDirectory(Path.of(arguments[2]));
    }
    Path root = Path.of(arguments[1]);
    try {
      switch (arguments[0]) {
        case "everything" -> everything(root, options, false);
        case "stay" -> everything(root, options, true);
        case "look" -> look(root, options.withReadOnly(true));
        case "push" -> push(root, Path.of(arguments[2]));
        case "push-in-vain" -> pushInVain(root, Path.of(arguments[2]));
        case "push-beside-others" -> pushBesideOthers(root, Path.of(arguments[2]));
        default -> throw new IllegalArgumentException(arguments[0]);
      }
      System.out.println("done");
    } catch (StoreException | IllegalStateException e) {
      System.out.println("done " + e.getClass().getSimpleName() + ": " + e.getMessage());
    }
  }

  /** What an owner does: none of it may fail, no matter who has been here before. */
  private static void everything(Path root, StoreOptions options, boolean stays)
      throws IOException {
    Fingerprint key = Payloads.key("of the user");
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (Fingerprint each : store.keys()) {
        require(store.lookup(each).isPresent(), "lookup of " + each.toHex());
        store.saveOverwrite(each, RUN, new byte[] {1, 2, 3}, EntryAttributes.checkpoint());
      }
      store.saveOverwrite(key, RUN, new byte[] {4}, EntryAttributes.checkpoint().withObjective(1));
      store.save(key, new byte[] {5}, EntryAttributes.checkpoint().withObjective(2));
      require(store.lookup(key).isPresent(), "lookup");
      store.flush();
      require(store.evictOverflow().failures() == 0, "sweep without failures");
      VerifyReport report = store.repair();
      require(report.problems().stream().allMatch(VerifyReport.Problem::repaired), "" + report);
      if (stays) {
        System.out.println("live " + store.stats().liveProcesses());
        ForkedJvm.awaitParent();
      }
    }
  }

  /** Has a remote in which he may do nothing at all any more. */
  private static void pushInVain(Path root, Path parent) throws IOException {
    Path directory = Files.createDirectory(parent.resolve("own"));
    RemoteOptions remote = RemoteOptions.of(directory.toUri()).withFlushWait(Duration.ofSeconds(1));
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withRemote(remote))) {
      require(store.flushRemote(Duration.ofSeconds(60)), "reached: " + store.remote());
      Files.setPosixFilePermissions(directory, Set.of());
      store.saveOverwrite(ofOthers(0), RUN, new byte[] {4}, EntryAttributes.checkpoint());
      require(!store.flushRemote(Duration.ofSeconds(5)), "refused: " + store.remote());
      require(!store.remote().orElseThrow().reachable(), "not reached: " + store.remote());
    }
  }

  /** Shares a remote with users whose keys it may not look at. */
  private static void push(Path root, Path directory) {
    Fingerprint key = Payloads.key("of the user");
    RemoteOptions remote = RemoteOptions.of(directory.toUri());
    StoreOptions options = StoreOptions.defaults().withRemote(remote);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.saveOverwrite(key, RUN, new byte[] {4}, EntryAttributes.checkpoint());
      require(store.flushRemote(Duration.ofSeconds(60)), "push: " + store.remote());
      require(store.remote().orElseThrow().reachable(), "reached: " + store.remote());
      SyncReport report = store.sync(remote, SyncDirection.BOTH, List.of(), false);
      require(report.problems().isEmpty(), "sync: " + report);
      require(RemoteUpkeep.sweep(remote, false).objects() == 2, "sweep");
    }
  }

  /** Saves to keys of which some are others' in the remote, where he may look and not write. */
  private static void pushBesideOthers(Path root, Path directory) {
    // No hurry: no round of its own comes to help.
    RemoteOptions remote =
        RemoteOptions.of(directory.toUri()).withPushInterval(Duration.ofHours(1));
    StoreOptions options = StoreOptions.defaults().withRemote(remote);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (int each = 0; each < OF_OTHERS; each++) {
        store.saveOverwrite(ofOthers(each), RUN, new byte[] {4}, EntryAttributes.checkpoint());
        store.saveOverwrite(own(each), RUN, new byte[] {5}, EntryAttributes.checkpoint());
      }
      require(!store.flushRemote(Duration.ofSeconds(60)), "not all is there");
      require(store.remote().orElseThrow().reachable(), "reached: " + store.remote());
      for (int each = 0; each < OF_OTHERS; each++) {
        Path there = directory.resolve(own(each).toHex());
        require(Files.isDirectory(there), "own key " + each + ": " + store.remote());
      }
    }
  }

  static Fingerprint ofOthers(int number) {
    return Payloads.key("of others " + number);
  }

  private static Fingerprint own(int number) {
    return Payloads.key("own " + number);
  }

  private static void look(Path root, StoreOptions options) {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      require(store.lookup(Payloads.key("of the user")).isPresent(), "lookup");
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("not so: " + what);
    }
  }
}
