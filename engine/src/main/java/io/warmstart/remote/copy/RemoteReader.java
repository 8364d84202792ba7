package io.warmstart.remote.copy;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.VersionName;
import io.warmstart.model.Digest256;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.SyncReport;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Takes entries from a remote.
 *
 * <ol>
 *   <li>List the key. Of each run the latest version counts, of which the manifest is there.
 *   <li>Read the manifests that this process has not read yet: they never change.
 *   <li>Choose among what is here and there, by the same rules as ever ({@link Choice}).
 *   <li>If one that is there wins, read its payload, prove that it fits, and put the pair in place
 *       here, unless its run has a later version by then. If it does not fit, the runner-up.
 * </ol>
 *
 * <p>Of the version that will win by its name the payload is read while the manifest is ({@link
 * EarlyReads}).
 *
 * <p>Nothing is ever removed from the remote. Safe for all threads.
 */
public final class RemoteReader {
  /** Of a key with more runs the latest versions are looked at: a request each, once. */
  static final int MOST_VERSIONS = 256;

  private static final int MOST_KNOWN = 1 << 14;

  /** Others of its stripe may be removed again and again. */
  private static final int MOST_LOOKS = 8;

  private static final long UNUSABLE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final ObjectStore store;
  private final LocalEntries local;
  private final EarlyReads earlyReads;

  /** What was read of each manifest; by the object's name. */
  private final Map<String, Manifest> manifests = new ConcurrentHashMap<>();

  /** Objects that could not be used, and since when: perhaps a copy to them was under way. */
  private final Map<String, Long> unusable = new ConcurrentHashMap<>();

  /** Payloads that were missing once. */
  private final Set<String> missing = ConcurrentHashMap.newKeySet();

  private final AtomicLong refused = new AtomicLong();

  /**
   * Makes one that has read nothing.
   *
   * @param aside has an idle thread make a request meanwhile; what it drops is done all the same
   */
  public RemoteReader(ObjectStore store, LocalEntries local, Executor aside) {
    this.store = store;
    this.local = local;
    this.earlyReads = new EarlyReads(store, local, aside);
  }

  /** Which entries are wanted. */
  public enum Wanted {
    /** Those that win by some ranking, among what is here and there. */
    WINNERS,
    /** All of which a later version is there than here. */
    ALL
  }

  /** How many objects could not be used. */
  public long refused() {
    return refused.get();
  }

  /**
   * Fetches what is wanted of a key.
   *
   * @param removals what {@link LocalEntries#removals} said before the listing was asked for
   * @param run only this run, if it is there; null for whichever
   * @param items is given what was put in place here, or would be
   * @return false if something has gone since the listing: a later one tells of what has taken its
   *     place
   */
  public boolean fetch(
      Digest256 key,
      RemoteKey listing,
      long removals,
      Wanted wanted,
      @Nullable String run,
      boolean dryRun,
      List<SyncReport.Item> items)
      throws IOException {
    boolean winners = wanted == Wanted.WINNERS && run == null;
    List<VersionName> latest = latest(listing, run, winners ? MOST_VERSIONS : Integer.MAX_VALUE);
    boolean mayBeEarly = wanted == Wanted.WINNERS && !dryRun && isNew(key, latest);
    try (EarlyPayload early = mayBeEarly ? earlyReads.begin(key, latest.get(0), run) : null) {
      Fetch fetch = new Fetch(key, removals, early);
      Choice choice = new Choice(local, key, run, fetch.versions(latest));
      while (!choice.isOver()) {
        Set<RemoteVersion> next = winners ? choice.winners() : choice.all();
        if (next.isEmpty()) {
          break;
        }
        for (RemoteVersion each : next) {
          String runId = run == null ? choice.runIdOf(each) : run;
          if (dryRun || fetch.take(runId, each)) {
            items.add(
                new SyncReport.Item(
                    Fingerprint.ofDigest(key), runId, each.manifest().payloadBytes(), false));
            choice.taken(each, runId);
          }
        }
        choice.passed(next);
      }
      return !fetch.vanished;
    }
  }

  /** The versions to look at, from the latest on. */
  private static List<VersionName> latest(RemoteKey listing, @Nullable String run, int most) {
    List<VersionName> latest = new ArrayList<>(listing.versions());
    if (run != null) {
      String there = VersionName.runIdThere(run);
      latest.removeIf(name -> !name.runId().equals(there) && !name.stem().equals(there));
    }
    latest.sort((one, other) -> Long.compareUnsigned(other.nanos(), one.nanos()));
    return latest.subList(0, Math.min(latest.size(), most));
  }

  /** Whether the manifest of the latest version is still to be read: it may be asked for both. */
  private boolean isNew(Digest256 key, List<VersionName> latest) {
    if (latest.isEmpty()) {
      return false;
    }
    String prefix = RemoteKey.prefix(key);
    String manifest = prefix + latest.get(0).manifestName();
    return !manifests.containsKey(manifest)
        && !isUnusable(manifest)
        && !isUnusable(prefix + latest.get(0).payloadName());
  }

  private void refuse(String object) {
    refused.incrementAndGet();
    passOver(object);
  }

  private void passOver(String object) {
    if (unusable.size() >= MOST_KNOWN) {
      unusable.clear();
      missing.clear();
    }
    unusable.put(object, System.nanoTime());
  }

  private boolean isUnusable(String object) {
    Long since = unusable.get(object);
    return since != null && System.nanoTime() - since < UNUSABLE_NANOS;
  }

  /** One look at a key. For one thread. */
  private final class Fetch {
    private final Digest256 key;
    private final long removals;
    private final @Nullable EarlyPayload early;

    /** Whether something has gone since the listing. */
    private boolean vanished;

    private Fetch(Digest256 key, long removals, @Nullable EarlyPayload early) {
      this.key = key;
      this.removals = removals;
      this.early = early;
    }

    private Collection<RemoteVersion> versions(List<VersionName> names) throws IOException {
      Map<String, RemoteVersion> byRun = new HashMap<>();
      for (VersionName name : names) {
        Manifest manifest = manifest(name);
        if (manifest != null) {
          RemoteVersion there = RemoteVersion.of(name, manifest);
          byRun.merge(
              there.runId(),
              there,
              (one, other) ->
                  one.manifest().written().compareTo(other.manifest().written()) >= 0
                      ? one
                      : other);
        }
      }
      return byRun.values();
    }

    /** Null if it cannot be used, or has gone meanwhile. */
    private @Nullable Manifest manifest(VersionName name) throws IOException {
      String object = RemoteKey.prefix(key) + name.manifestName();
      Manifest known = manifests.get(object);
      if (known != null || isUnusable(object)) {
        return known;
      }
      try {
        byte[] bytes = ManifestObject.read(store, object);
        Manifest manifest = ManifestCodec.decode(bytes, bytes.length).neverAccessed();
        if (manifests.size() >= MOST_KNOWN) {
          manifests.clear();
        }
        if (name.nanos() != 0) {
          manifests.put(object, manifest);
        }
        return manifest;
      } catch (ManifestFormatException | AccessDeniedException e) {
        refuse(object);
        return null;
      } catch (NoSuchFileException e) {
        // Superseded since the listing.
        vanished = true;
        return null;
      }
    }

    /**
     * Puts a version in place, unless it was removed meanwhile: not all that was counted was that.
     */
    private boolean adopt(String runId, RemoteVersion there, PayloadMemory memory)
        throws IOException {
      long before = removals;
      for (int look = 0; look < MOST_LOOKS; look++) {
        switch (local.adopt(key, runId, there.manifest(), memory, before)) {
          case IN_PLACE -> {
            return true;
          }
          case NOT_NEEDED -> {
            return false;
          }
          case IN_DOUBT -> {}
        }
        before = local.removals(key);
        if (!RemoteKey.list(store, key).has(there.name())) {
          break;
        }
      }
      vanished = true;
      return false;
    }

    /** Fetches one version; returns whether it is in place by that. */
    private boolean take(String runId, RemoteVersion there) throws IOException {
      String object = RemoteKey.prefix(key) + there.name().payloadName();
      if (isUnusable(object)) {
        return false;
      }
      Manifest manifest = there.manifest();
      PayloadMemory memory = null;
      try (FetchedPayload payload = payload(object, manifest.payloadBytes())) {
        if (payload == null) {
          return false;
        }
        if (!manifest.fitsLength(payload.length())) {
          refuse(object);
          return false;
        }
        PayloadMemory.Loaded loaded = payload.load();
        memory = loaded.memory();
        if (!manifest.fits(payload.length(), Objects.requireNonNull(loaded.checksum()))) {
          refuse(object);
          return false;
        }
        return adopt(runId, there, memory);
      } finally {
        if (memory != null) {
          memory.release();
        }
      }
    }

    /** Null if it cannot be used, or has gone meanwhile. */
    private @Nullable FetchedPayload payload(String object, long bytes) throws IOException {
      try {
        FetchedPayload came = early == null ? null : early.take(object, bytes);
        return came == null ? read(object, bytes) : came;
      } catch (NoSuchFileException e) {
        // Superseded since the listing; or, if it is missing again, its lifetime there has ended.
        if (missing.add(object)) {
          vanished = true;
        } else {
          passOver(object);
        }
        return null;
      } catch (AccessDeniedException e) {
        refuse(object);
        return null;
      }
    }

    private FetchedPayload read(String object, long bytes) throws IOException {
      FetchedPayload payload = local.fetched(bytes);
      boolean whole = false;
      try {
        store.get(object, payload::add);
        whole = true;
        return payload;
      } finally {
        if (!whole) {
          payload.close();
        }
      }
    }
  }
}
