package io.warmstart;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/** The main class of processes that save into the journal and get killed or stopped. */
final class JournallingProcess {
  static final String RUN = "r";

  private JournallingProcess() {}

  /** The arguments are what to do, the root, the key's name and the durability; then a number. */
  public static void main(String[] arguments) throws IOException {
    StoreOptions options = StoreOptions.defaults().withDurability(Durability.valueOf(arguments[3]));
    WarmStartStore store = WarmStartStore.open(Path.of(arguments[1]), options);
    Fingerprint key = Payloads.key(arguments[2]);
    int count = Integer.parseInt(arguments[4]);
    int version = warmUp(store, key);
    System.out.println("ready " + version);
    if (arguments[0].equals("session")) {
      checkpoint(store, Payloads.key("session"), count);
    }
    if (arguments[0].equals("exit")) {
      ForkedJvm.awaitParent();
      CountDownLatch handedIn = new CountDownLatch(1);
      AtomicBoolean calledBack = new AtomicBoolean();
      Thread caller = Thread.currentThread();
      // What has completed by now calls back in this thread; the end is to come from the saver's.
      for (int last = version + count; version < last || !calledBack.get(); ) {
        async(store, key, ++version)
            .thenRun(
                () -> {
                  if (Thread.currentThread() != caller) {
                    calledBack.set(true);
                    exitAfter(handedIn);
                  }
                });
      }
      System.out.println("saved " + version);
      // What is handed in once the end has begun nobody waits for.
      handedIn.countDown();
      ForkedJvm.untilKilled();
    }
    if (arguments[0].equals("async")) {
      ForkedJvm.awaitParent();
      for (int last = version + count; version < last; ) {
        async(store, key, ++version);
      }
      System.out.println("saved " + version);
      System.exit(0);
    }
    if (arguments[0].equals("many")) {
      for (int run = 0; run < count; run++) {
        store.save(key, Versions.payload("v", 1000), EntryAttributes.checkpoint());
      }
      System.out.println("saved " + count);
      ForkedJvm.untilKilled();
    }
    if (arguments[0].equals("count") || arguments[0].equals("end")) {
      ForkedJvm.awaitParent();
      for (int last = version + count; version < last; ) {
        save(store, key, ++version, 1000);
      }
      System.out.println("saved " + version);
      if (arguments[0].equals("end")) {
        return;
      }
      ForkedJvm.untilKilled();
    }
    for (int length = 0; ; length = (length + 7919) % 60_000) {
      save(store, key, ++version, 100 + length);
      if (version % count == 0) {
        System.out.println("saved " + version);
      }
    }
  }

  /**
   * Offers a checkpoint at every step. The objective falls, but for each third, which is worse, and
   * each fifth, which has none.
   */
  private static void checkpoint(WarmStartStore store, Fingerprint key, int every) {
    Session session = store.session(key, SessionOptions.defaults().withInterval(Duration.ZERO));
    for (int step = 1; ; step++) {
      double objective = step % 5 == 0 ? Double.NaN : step % 3 == 0 ? 1 : 1.0 / step;
      session.checkpoint(Versions.payload("s" + step, 3000), objective, step);
      if (step % every == 0) {
        System.out.println("saved " + step);
      }
    }
  }

  private static void exitAfter(CountDownLatch handedIn) {
    try {
      handedIn.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    System.exit(0);
  }

  /** Saves until the journal takes it; returns the last version, which is a pair. */
  static int warmUp(WarmStartStore store, Fingerprint key) {
    int version = 0;
    while (store.stats().count(StoreCounter.JOURNALLED) == 0) {
      save(store, key, ++version, 1000);
    }
    store.flush();
    return version;
  }

  private static CompletionStage<String> async(WarmStartStore store, Fingerprint key, int version) {
    return store.saveOverwriteAsync(
        key,
        RUN,
        Payload.of(Versions.payload("v" + version, 1000)),
        EntryAttributes.checkpoint().withIteration(version),
        Backlog.KEEP_ALL);
  }

  static void save(WarmStartStore store, Fingerprint key, int version, int length) {
    store.saveOverwrite(
        key,
        RUN,
        Versions.payload("v" + version, length),
        EntryAttributes.checkpoint().withIteration(version));
  }
}
