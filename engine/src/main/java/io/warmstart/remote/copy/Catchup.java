package io.warmstart.remote.copy;

import io.warmstart.model.Digest256;
import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Sends what other processes have not: those that died, or did not reach the remote. It compares
 * the keys that have changed since all were known to be there with one listing of the remote. For
 * one thread at a time.
 */
public final class Catchup {
  private static final long EVERY_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** What a file system with coarse times may give to two changes. */
  private static final long RACY_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ObjectStore store;
  private final LocalEntries local;
  private final Consumer<LocalException> failed;
  private volatile boolean done;
  private long endedAtNanos;
  private String identity = "";

  /**
   * Makes one that has compared nothing.
   *
   * @param failed is told what keeps single runs from going
   */
  public Catchup(ObjectStore store, LocalEntries local, Consumer<LocalException> failed) {
    this.store = store;
    this.local = local;
    this.failed = failed;
  }

  /** Whether the root was compared with the remote once. */
  public boolean done() {
    return done;
  }

  public boolean isDue() throws IOException {
    return !done
        || System.nanoTime() - endedAtNanos >= EVERY_NANOS
        || !store.identity().equals(identity);
  }

  /** Sends what is due of one key; returns whether it is there now. */
  @FunctionalInterface
  public interface Push {
    boolean run(Digest256 key, RemoteKey there) throws IOException;
  }

  /**
   * Compares.
   *
   * @param push is given each key that may lack something
   * @return keys of which not all is there
   */
  public Set<Digest256> run(Push push) throws IOException {
    here(local::removeLeftovers);
    // A run of which no pair can be made keeps no key from going; nor is it there.
    boolean whole = here(local::settleLeft);
    long moment = local.now();
    String now = store.identity();
    String remote = named(store, now);
    Set<Digest256> changed = changedSince(local, remote);
    Set<Digest256> left = new HashSet<>();
    if (!changed.isEmpty()) {
      store.removeLeftovers();
      Map<Digest256, RemoteKey> there = RemoteKey.listAll(store);
      for (Digest256 key : changed) {
        if (!push.run(key, there.getOrDefault(key, RemoteKey.NOTHING))) {
          left.add(key);
        }
      }
    }
    if (whole && left.isEmpty() && !changed.isEmpty()) {
      local.noteInRemote(remote, moment);
    }
    identity = now;
    endedAtNanos = System.nanoTime();
    done = true;
    return left;
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Returns false if it failed, which was told. */
  private boolean here(Step step) throws IOException {
    try {
      step.run();
      return true;
    } catch (LocalException e) {
      failed.accept(e);
      return false;
    }
  }

  private static String named(ObjectStore store, String identity) {
    return store.name() + " " + identity;
  }

  /** The keys that may have something that is not there. */
  public static Set<Digest256> changed(ObjectStore store, LocalEntries local) throws IOException {
    return changedSince(local, named(store, store.identity()));
  }

  private static Set<Digest256> changedSince(LocalEntries local, String remote) throws IOException {
    long known = local.inRemoteUntil(remote);
    Set<Digest256> changed = new HashSet<>();
    for (Digest256 key : local.keys()) {
      if (known == 0 || local.changedNanos(key) >= known - RACY_NANOS) {
        changed.add(key);
      }
    }
    return changed;
  }
}
