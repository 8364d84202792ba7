package io.warmstart.stress.scenario;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Mix;
import io.warmstart.stress.worker.Names;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * A program that works as the original does overwrites the only run of each key; we look up, by a
 * store that may change the root and by one that may not. There is an entry at every moment, so
 * every lookup must find one, and one that is whole.
 *
 * <p>Where it lies decides: on btrfs and tmpfs a listing may lack a name while somebody renames
 * over it.
 */
public final class ForeignRead implements Scenario {
  private static final int KEYS = 4;
  private static final int PAYLOAD_BYTES = 512;
  private static final int RUN_NUMBER = 0;
  private static final int LOOKUPS_AT_ONCE = 64;
  private static final int START_SECONDS = 3;
  private static final String LOOKUPS = "lookups";
  private static final String OVERWRITES = "overwrites by the foreign store";

  @Override
  public String name() {
    return "foreign-read";
  }

  @Override
  public String summary() {
    return "lookups beside a peer of the original's protocol that overwrites: none may miss";
  }

  @Override
  public List<String> volumes() {
    return List.of(LOOKUPS);
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    run.atLeast(LOOKUPS, Math.max(run.options().atLeast(), 100L * run.options().seconds()));
    try (Crew crew = new Crew(run, run.freshDirectory("root"))) {
      fill(crew);
      crew.start(
          crew.plan(Mix.OVERWRITE)
              .withKeys(KEYS, RUN_NUMBER + 1)
              .withMostPayloadBytes(PAYLOAD_BYTES)
              .asForeign(),
          Launch.PLAIN);
      crew.go();
      look(run, crew);
      crew.stop();
      long overwrites =
          HistoryReader.readAll(crew.histories()).stream().filter(Operation::acknowledged).count();
      run.count(OVERWRITES, overwrites);
      // The peer's process starts while the lookups run: of a few seconds little may be left to it.
      run.atLeast(OVERWRITES, Math.max(1, 5L * (run.options().seconds() - START_SECONDS)));
      Rounds.discard(run, crew);
    }
  }

  /** One entry under each key, by a worker that there is none of. */
  private static void fill(Crew crew) {
    try (WarmStartStore store = WarmStartStore.open(crew.root())) {
      for (int key = 0; key < KEYS; key++) {
        long version = Version.of(Integer.MAX_VALUE >> 12, key + 1);
        store.saveOverwrite(
            Names.key(key),
            Names.sharedRun(RUN_NUMBER),
            Version.payload(version, RUN_NUMBER, key, PAYLOAD_BYTES),
            EntryAttributes.checkpoint()
                .withObjective(Version.objective(version))
                .withIteration(version));
      }
    }
  }

  private static void look(Run run, Crew crew) throws InterruptedException {
    StoreOptions options = StoreOptions.defaults();
    try (WarmStartStore store = WarmStartStore.open(crew.root(), options);
        WarmStartStore readOnly = WarmStartStore.open(crew.root(), options.withReadOnly(true))) {
      List<Thread> threads = new ArrayList<>();
      for (int number = 0; number < Math.max(2, run.options().processes() - 1); number++) {
        // Of each four one: its lookups are answered from the files, and take a hundred times as
        // long.
        boolean one = number % 4 == 1;
        Looker looker = new Looker(run, one ? readOnly : store, one, run.random().nextLong());
        threads.add(new Thread(looker, "looker-" + number));
      }
      threads.forEach(Thread::start);
      for (Thread thread : threads) {
        thread.join();
      }
      run.count(
          "lookups by the writing store answered from files",
          store.stats().count(StoreCounter.LOOKUPS_FROM_FILES));
      long quarantined = store.stats().count(StoreCounter.QUARANTINED);
      if (quarantined > 0) {
        run.problem(quarantined + " pairs of the foreign store were moved to quarantine");
      }
    }
  }

  /** One thread that looks up until the run is over. */
  private static final class Looker implements Runnable {
    private static final List<Ranking> RANKINGS = List.of(Ranking.values());

    private final Run run;
    private final WarmStartStore store;
    private final String kind;
    private final SplittableRandom random;
    private final Entry entry = new Entry();
    private final long[] intact = new long[KEYS];

    Looker(Run run, WarmStartStore store, boolean readOnly, long seed) {
      this.run = run;
      this.store = store;
      this.kind = readOnly ? "read-only" : "writing";
      this.random = new SplittableRandom(seed);
    }

    @Override
    public void run() {
      try {
        while (run.timeLeft()) {
          for (int lookup = 0; lookup < LOOKUPS_AT_ONCE; lookup++) {
            look(random.nextInt(KEYS), RANKINGS.get(random.nextInt(RANKINGS.size())));
          }
          run.count(LOOKUPS, LOOKUPS_AT_ONCE);
          run.count("lookups by the " + kind + " store", LOOKUPS_AT_ONCE);
          run.trials(LOOKUPS_AT_ONCE, 0);
        }
      } finally {
        entry.close();
      }
    }

    private void look(int key, Ranking ranking) {
      Fingerprint fingerprint = Names.key(key);
      long began = System.nanoTime();
      try {
        if (!store.lookup(fingerprint, ranking, entry)) {
          run.trials(0, 1);
          run.count("misses", 1);
          run.problem(
              "the %s store missed key %d after %d us"
                  .formatted(kind, key, TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - began)));
          return;
        }
      } catch (StoreException e) {
        run.problem("a lookup by the %s store failed: %s".formatted(kind, e));
        return;
      }
      compare(key);
    }

    private void compare(int key) {
      long version = entry.payload().getLong(0, ByteOrder.LITTLE_ENDIAN);
      if (version == intact[key]) {
        return;
      }
      String complaint = Version.complaint(entry.payload(), RUN_NUMBER, key, PAYLOAD_BYTES);
      if (!complaint.isEmpty()) {
        run.problem("the %s store, key %d: %s".formatted(kind, key, complaint));
      }
      intact[key] = version;
    }
  }
}
