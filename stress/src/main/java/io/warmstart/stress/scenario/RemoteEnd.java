package io.warmstart.stress.scenario;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.model.VerifyReport;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.worker.ClaimBoard;
import io.warmstart.stress.worker.Names;
import io.warmstart.stress.worker.RemoteFleet;
import io.warmstart.stress.worker.RemoteWorkCommand;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToLongFunction;

/**
 * What must be true once all processes of two machines have ended: what the remote has acknowledged
 * a third machine finds, without their help; and when they have been opened once more, it finds all
 * that was acknowledged here.
 */
final class RemoteEnd {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final Run run;
  private final Path directory;
  private final RemoteOptions remote;
  private final int savers;
  private final ClaimBoard board;

  RemoteEnd(Run run, Path directory, URI url, int savers) throws IOException {
    this.run = run;
    this.directory = directory;
    this.remote = RemoteWorkCommand.remote(url, LONG);
    this.savers = savers;
    this.board = RemoteWorkCommand.board(RemoteFleet.board(directory), savers);
  }

  void check() {
    look("third", key -> board.at(RemoteWorkCommand.sent(key)), "the remote");
    for (int machine = 0; machine < 2; machine++) {
      try (WarmStartStore store = open("machine-" + machine, remote)) {
        if (!store.flushRemote(LONG)) {
          run.problem("machine %d cannot send what it has: %s".formatted(machine, store.remote()));
        }
      }
    }
    for (String name : List.of("fourth", "machine-0", "machine-1")) {
      look(name, key -> board.at(RemoteWorkCommand.saved(savers, key)), "its own machine");
    }
  }

  private WarmStartStore open(String name, RemoteOptions with) {
    return WarmStartStore.open(
        directory.resolve(name), StoreOptions.defaults().withTtl(Duration.ZERO).withRemote(with));
  }

  /** Has all come to a machine that is there, and compares it with the board. */
  private void look(String name, IntToLongFunction least, String whose) {
    try (WarmStartStore store = open(name, remote.withReadOnly(true))) {
      SyncReport report = store.sync(remote, SyncDirection.PULL, List.of(), false);
      report.problems().forEach(each -> run.problem(name + ": " + each));
      long lost = 0;
      long acknowledged = 0;
      for (int key = 0; key < savers * RemoteWorkCommand.KEYS; key++) {
        long wanted = least.applyAsLong(key);
        acknowledged += wanted > 0 ? 1 : 0;
        long found = found(store, name, key);
        if (found < wanted) {
          lost++;
          run.problem(
              "%s lacks of key %d what %s has acknowledged: expected>=%s actual=%s"
                  .formatted(name, key, whose, Version.text(wanted), Version.text(found)));
        }
      }
      run.trials(acknowledged, lost);
      VerifyReport verified = store.verify();
      if (!verified.clean()) {
        run.problem(name + " is not clean: " + verified);
      }
    }
  }

  private long found(WarmStartStore store, String name, int key) {
    Optional<Entry> found = store.lookupLatest(Names.key(key));
    if (found.isEmpty()) {
      return 0;
    }
    try (Entry entry = found.get()) {
      String complaint = RemoteWorkCommand.complaint(entry, key);
      if (!complaint.isEmpty()) {
        run.problem("%s: key %d: %s".formatted(name, key, complaint));
      }
      return entry.iteration().orElse(0);
    }
  }
}
