package io.warmstart.stress.original;

import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.stress.original.Listings.Pair;
import io.warmstart.stress.original.LookupCache.Answer;
import io.warmstart.stress.original.LookupCache.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.BiConsumer;

/**
 * The store that warmstart descends from, in two versions of its algorithm, in Java: the same file
 * operations in the same order, with its own faults, so that a benchmark compares two algorithms
 * and not two languages, and a scenario has beside this engine what the original does to a root.
 * Written from its behaviour.
 *
 * <p>A save: hash the payload; write it under a temporary name, sync, rename; take the stamp; write
 * the manifest under a temporary name, sync, rename; sync the directory; read the manifest back
 * into the cache; at the first save and each 32nd, sweep. Three syncs, one after the other. It does
 * not sync the root, so a key's first save may not survive a power cut.
 *
 * <p>A lookup: if the last winner's manifest has the modification time that the cache knows, that
 * one; else the directory's listing, cached by modification times, and the payload, hashed. Either
 * way a hit rewrites the manifest with its written stamp moved, synced and renamed, and syncs the
 * directory. The rewrite moves the modification time, so a cached winner serves every other lookup.
 * Version 0.3.122 rewrites nothing: its cached winner serves every lookup.
 *
 * <p>A scan of a directory removes what looks broken at that instant: other processes' temporary
 * files, and pairs that do not parse, lack a half or have expired. A sweep scans every directory,
 * unless the root's modification time and the bytes counted say that nothing has changed.
 *
 * <p>Not for use as a store: it loses entries when others work on the root.
 */
public final class OriginalStore {

  /** Which of the two ways of answering a hit and of sweeping. */
  public enum Version {
    /** A hit of the cache writes nothing; a sweep also comes when the counted bytes pass. */
    V0_3_122,
    /** Every hit rewrites the manifest; a sweep comes at the first save and each 32nd. */
    NEWER
  }

  private final Version version;
  private final Path root;
  private final Listings listings;
  private final Sweep sweep;
  private final LookupCache winners = new LookupCache();

  private OriginalStore(
      Version version,
      Path root,
      long sizeBudgetBytes,
      Duration ttl,
      BiConsumer<Path, String> removed) {
    this.version = version;
    this.root = root;
    this.listings = new Listings(ttl.toNanos(), OriginalStore::unixNanos, removed);
    this.sweep = new Sweep(version, root, sizeBudgetBytes, listings);
  }

  /** Opens a root with the newer version, making it and its parents if they are missing. */
  public static OriginalStore open(Path root, long sizeBudgetBytes, Duration ttl)
      throws IOException {
    return open(Version.NEWER, root, sizeBudgetBytes, ttl, (manifest, reason) -> {});
  }

  /**
   * Opens a root, making it and its parents if they are missing.
   *
   * @param removed told of each manifest whose pair this store has removed, and why; two threads
   *     that use the store may tell it at once
   */
  public static OriginalStore open(
      Version version,
      Path root,
      long sizeBudgetBytes,
      Duration ttl,
      BiConsumer<Path, String> removed)
      throws IOException {
    Files.createDirectories(root);
    return new OriginalStore(version, root, sizeBudgetBytes, ttl, removed);
  }

  /** The entry with the lowest objective; a tie goes to a final result, then to the later one. */
  public Optional<OriginalEntry> lookup(Fingerprint key) throws IOException {
    return find(new Question(key, false));
  }

  /** The entry that was written or looked up last. */
  public Optional<OriginalEntry> lookupLatest(Fingerprint key) throws IOException {
    return find(new Question(key, true));
  }

  private Optional<OriginalEntry> find(Question question) throws IOException {
    Path directory = root.resolve(question.key().toHex());
    if (!Files.exists(directory)) {
      winners.forget(question);
      listings.forgetKey(directory);
      return Optional.empty();
    }
    Answer known = winners.get(question);
    if (known != null) {
      Disk.Version onDisk = Disk.version(known.manifest());
      if (onDisk != null && onDisk.mtime().equals(known.manifestMtime())) {
        if (!listings.expired(known.writtenNanos())) {
          if (version == Version.V0_3_122) {
            OriginalEntry entry = known.entry();
            return Optional.of(entry.copyWrittenAt(entry.writtenUnixSecs()));
          }
          OriginalManifest manifest = OriginalManifest.ofJson(Files.readAllBytes(known.manifest()));
          OriginalManifest touched = touch(directory, known.manifest(), manifest);
          return Optional.of(known.entry().copyWrittenAt(touched.writtenUnixSecs()));
        }
        winners.forget(question);
        listings.removePair(known.manifest(), Listings.EXPIRED);
        return Optional.empty();
      }
      winners.forget(question);
    }
    return findOnDisk(question, directory);
  }

  private Optional<OriginalEntry> findOnDisk(Question question, Path directory) throws IOException {
    Pair winner = null;
    for (Pair pair : listings.scan(directory)) {
      if (winner == null
          || (question.latest()
              ? pair.manifest().isNewerThan(winner.manifest())
              : pair.manifest().isBetterThan(winner.manifest()))) {
        winner = pair;
      }
    }
    if (winner == null) {
      winners.forget(question);
      return Optional.empty();
    }
    byte[] payload;
    try {
      payload = Files.readAllBytes(winner.payloadPath());
    } catch (IOException e) {
      // A payload that cannot be read is a miss there, and the runner-up is not asked.
      return Optional.empty();
    }
    if (!checksumHex(payload).equals(winner.manifest().checksumHex())) {
      winners.forget(question);
      listings.removePair(winner.manifestPath(), "payload and manifest did not fit");
      return Optional.empty();
    }
    OriginalManifest manifest =
        version == Version.V0_3_122
            ? winner.manifest()
            : touch(directory, winner.manifestPath(), winner.manifest());
    OriginalEntry entry =
        new OriginalEntry(
            payload,
            manifest.objective(),
            manifest.iteration(),
            manifest.kind(),
            manifest.writtenUnixSecs());
    Disk.Version onDisk = Disk.version(winner.manifestPath());
    if (onDisk != null) {
      FileTime mtime = onDisk.mtime();
      winners.put(
          question,
          new Answer(
              winner.manifestPath(),
              mtime,
              manifest.writtenNanosSinceEpoch(),
              entry.copyWrittenAt(entry.writtenUnixSecs())));
    }
    return Optional.of(entry);
  }

  private OriginalManifest touch(Path directory, Path manifestPath, OriginalManifest manifest)
      throws IOException {
    OriginalManifest touched =
        manifest.touchedAt(Math.max(unixNanos(), manifest.writtenNanosSinceEpoch() + 1));
    Path temporary =
        Listings.withSuffix(
            manifestPath,
            Listings.MANIFEST_SUFFIX + ".touch" + Listings.TEMPORARY + pid() + "." + unixNanos());
    Disk.writeSynced(temporary, touched.toJson(version));
    Disk.rename(temporary, manifestPath);
    Disk.syncDirectoryHoping(directory);
    listings.forget(manifestPath);
    return touched;
  }

  /** Saves under a fresh run id, and returns it. */
  public String save(
      Fingerprint key,
      byte[] payload,
      OptionalDouble objective,
      OptionalLong iteration,
      EntryKind kind)
      throws IOException {
    String runId = "r" + Long.toHexString(pid()) + "-" + Long.toHexString(unixNanos());
    saveOverwrite(key, runId, payload, objective, iteration, kind);
    return runId;
  }

  /** Saves under a run id, in place of what it has. */
  public void saveOverwrite(
      Fingerprint key,
      String runId,
      byte[] payload,
      OptionalDouble objective,
      OptionalLong iteration,
      EntryKind kind)
      throws IOException {
    winners.forget(new Question(key, false));
    winners.forget(new Question(key, true));
    Path directory = root.resolve(key.toHex());
    OriginalManifest unstamped =
        new OriginalManifest(
            OriginalManifest.SCHEMA_VERSION,
            0,
            0,
            objective.isPresent() && Double.isFinite(objective.getAsDouble())
                ? objective
                : OptionalDouble.empty(),
            iteration,
            kind,
            checksumHex(payload),
            payload.length,
            false);
    publish(version, directory, runId, payload, unstamped);
    Disk.syncDirectoryHoping(directory);
    listings.saved(directory.resolve(runId + Listings.MANIFEST_SUFFIX));
    sweep.afterSave(payload.length);
  }

  /** Publishes, once more if a sibling's sweep has removed the directory meanwhile. */
  private static void publish(
      Version version, Path directory, String runId, byte[] payload, OriginalManifest unstamped)
      throws IOException {
    long nonce = unixNanos();
    for (int attempt = 0; ; attempt++) {
      String suffix = Listings.TEMPORARY + pid() + "." + nonce + "." + attempt;
      Path payloadPath = directory.resolve(runId + Listings.PAYLOAD_SUFFIX);
      Path manifestPath = directory.resolve(runId + Listings.MANIFEST_SUFFIX);
      Path stagedPayload = directory.resolve(runId + Listings.PAYLOAD_SUFFIX + suffix);
      Path stagedManifest = directory.resolve(runId + Listings.MANIFEST_SUFFIX + suffix);
      try {
        Files.createDirectories(directory);
        Disk.writeHopingSynced(stagedPayload, payload);
        Disk.rename(stagedPayload, payloadPath);
        OriginalManifest manifest = unstamped.writtenAt(unixNanos());
        Disk.writeHopingSynced(stagedManifest, manifest.toJson(version));
        try {
          Disk.rename(stagedManifest, manifestPath);
        } catch (IOException e) {
          Disk.removeHoping(payloadPath);
          throw e;
        }
        return;
      } catch (IOException e) {
        Disk.removeHoping(stagedPayload);
        Disk.removeHoping(stagedManifest);
        if (!(e instanceof NoSuchFileException) || attempt > 0) {
          // This is where an overwrite that fails loses the version before, too.
          Disk.removeHoping(payloadPath);
          throw e;
        }
      }
    }
  }

  /** Drops what has expired and, oldest first, what is over the budget. */
  public void evictOverflow() {
    sweep.run();
  }

  private static String checksumHex(byte[] payload) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(payload));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static long pid() {
    return ProcessHandle.current().pid();
  }

  private static long unixNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }
}
