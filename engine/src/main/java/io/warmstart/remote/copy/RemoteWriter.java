package io.warmstart.remote.copy;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.VersionName;
import io.warmstart.model.Digest256;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.SyncReport;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.payload.Sha256;
import io.warmstart.ranking.Candidate;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.RefusedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts pairs into a remote.
 *
 * <ol>
 *   <li>Name the version: that follows from its manifest. If it is there, or a later one of its
 *       run, nothing is to be done; so a writer that is interrupted, or gets no answer, does it
 *       again.
 *   <li>Put the payload, then the manifest, which commits. Neither is ever put over anything.
 *   <li>If there is an object of that name already, read it back: it is the same, put by a call
 *       whose answer was lost.
 *   <li>Remove the versions of the run that this one supersedes, each manifest first.
 * </ol>
 *
 * <p>Safe for all threads.
 */
public final class RemoteWriter {
  private final ObjectStore store;
  private final LocalEntries local;

  public RemoteWriter(ObjectStore store, LocalEntries local) {
    this.store = store;
    this.local = local;
  }

  /**
   * Puts what a key has that is not there.
   *
   * @param there what a listing told
   * @param items is given what went, or would
   * @param present is given the run of each version that is there now, or a later one
   * @return whether all is there now; if not, an entry was being replaced
   */
  public boolean push(
      Digest256 key,
      RemoteKey there,
      boolean dryRun,
      List<SyncReport.Item> items,
      Consumer<String> present)
      throws IOException {
    boolean all = true;
    LocalException failure = null;
    List<Candidate> candidates = local.pairsOf(key);
    if (!dryRun) {
      makeDurable(key, candidates, there);
    }
    for (Candidate candidate : candidates) {
      try {
        Sent sent = push(key, candidate, there, dryRun, items);
        all &= sent != Sent.REPLACED;
        if (sent == Sent.THERE) {
          present.accept(candidate.runId());
        }
      } catch (LocalException e) {
        // Of one entry; the others go.
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return all;
  }

  /** What is listed is not put again: so it must be there for good. */
  private void makeDurable(Digest256 key, List<Candidate> candidates, RemoteKey there)
      throws IOException {
    List<String> listed = new ArrayList<>();
    for (Candidate each : candidates) {
      VersionName.of(each.runId(), each.manifest())
          .flatMap(there::asLate)
          .ifPresent(version -> listed.add(version.manifestName()));
    }
    if (!listed.isEmpty()) {
      store.makeDurable(RemoteKey.prefix(key), listed);
    }
  }

  /** What becomes of a version that is to be put. */
  public enum Sent {
    /** It is in the remote, or a later one of its run. */
    THERE,

    /** It was replaced here meanwhile. */
    REPLACED,

    /** It is not here any more, or is none that goes there. */
    NEVER
  }

  /** Puts the version that one run of a key has now, if it is not there. */
  public Sent pushRun(Digest256 key, String runId, RemoteKey there, List<SyncReport.Item> items)
      throws IOException {
    for (Candidate candidate : local.pairsOf(key)) {
      if (candidate.runId().equals(runId)) {
        makeDurable(key, List.of(candidate), there);
        return push(key, candidate, there, false, items);
      }
    }
    return Sent.NEVER;
  }

  private Sent push(
      Digest256 key,
      Candidate candidate,
      RemoteKey there,
      boolean dryRun,
      List<SyncReport.Item> items)
      throws IOException {
    Optional<VersionName> named = VersionName.of(candidate.runId(), candidate.manifest());
    if (named.isEmpty()) {
      return Sent.NEVER;
    }
    VersionName version = named.get();
    if (there.hasAsLate(version)) {
      return Sent.THERE;
    }
    Sent sent = dryRun ? Sent.THERE : put(key, candidate, version);
    if (sent == Sent.REPLACED) {
      return sent;
    }
    items.add(
        new SyncReport.Item(
            Fingerprint.ofDigest(key),
            candidate.runId(),
            candidate.manifest().payloadBytes(),
            true));
    if (!dryRun) {
      removeSuperseded(key, there.before(version));
    }
    return sent;
  }

  /** A machine that may put and not remove leaves them: they count for nobody. */
  private void removeSuperseded(Digest256 key, List<String> objects) throws IOException {
    for (String each : objects) {
      try {
        store.delete(RemoteKey.prefix(key) + each);
      } catch (RefusedException e) {
        return;
      }
    }
  }

  private Sent put(Digest256 key, Candidate candidate, VersionName version) throws IOException {
    Manifest manifest = candidate.manifest().neverAccessed();
    byte[] encoded = encode(manifest);
    if (encoded == null) {
      // Laid out it is longer than a manifest may be: no reader would take it.
      return Sent.NEVER;
    }
    if (manifest.payloadBytes() > store.mostBytes()) {
      throw new LocalException(
          "a payload is larger than the remote takes: expected<="
              + store.mostBytes()
              + " actual="
              + manifest.payloadBytes()
              + " key="
              + key.toHex()
              + " run="
              + candidate.runId());
    }
    Optional<PayloadMemory> read = local.read(key, candidate);
    if (read.isEmpty()) {
      if (local.pairsOf(key).contains(candidate)) {
        throw new LocalException(
            "a payload does not fit its manifest, verify tells more: key="
                + key.toHex()
                + " run="
                + candidate.runId());
      }
      return Sent.REPLACED;
    }
    PayloadMemory payload = read.get();
    try {
      String payloadName = RemoteKey.prefix(key) + version.payloadName();
      boolean found = !store.putIfAbsent(payloadName, payload.asPayload());
      if (found) {
        requireFits(payloadName, manifest);
      }
      String manifestName = RemoteKey.prefix(key) + version.manifestName();
      if (!store.putIfAbsent(manifestName, Payload.of(encoded))) {
        requireSame(manifestName, encoded);
      }
      if (found && store.putAt(payloadName).isEmpty()) {
        // A sweep has taken it for what somebody left who died: it is from here on none of those.
        store.putIfAbsent(payloadName, payload.asPayload());
      }
    } finally {
      payload.release();
    }
    return Sent.THERE;
  }

  private static byte @Nullable [] encode(Manifest manifest) {
    try {
      return ManifestCodec.encode(manifest);
    } catch (ManifestFormatException e) {
      return null;
    }
  }

  private void requireFits(String name, Manifest manifest) throws IOException {
    Sha256 sha256 = new Sha256();
    long[] length = new long[1];
    store.get(
        name,
        (piece, count) -> {
          sha256.update(piece, count);
          length[0] += count;
        });
    if (!manifest.fits(length[0], sha256.finish())) {
      throw new IOException(
          "the remote has another object of this name, which is left as it is: name="
              + name
              + " remote="
              + store.name());
    }
  }

  private void requireSame(String name, byte[] expected) throws IOException {
    if (!isSame(name, expected)) {
      throw new IOException(
          "the remote has another manifest of this name, which is left as it is: name="
              + name
              + " remote="
              + store.name());
    }
  }

  private boolean isSame(String name, byte[] expected) throws IOException {
    try {
      return Arrays.equals(ManifestObject.read(store, name), expected);
    } catch (ManifestFormatException e) {
      return false;
    }
  }

  /**
   * Removes a key's objects, or those of one run.
   *
   * @param runId null for all
   * @param leftAlone whether nobody waits for it any more: then nothing more is removed
   * @return how many versions went
   */
  public int remove(Digest256 key, @Nullable String runId, BooleanSupplier leftAlone)
      throws IOException {
    int removed = 0;
    requireAwaited(leftAlone);
    for (String name : RemoteKey.list(store, key).objectsOf(runId)) {
      requireAwaited(leftAlone);
      boolean gone = store.delete(RemoteKey.prefix(key) + name);
      removed += gone && name.endsWith(DirectoryNames.MANIFEST_SUFFIX) ? 1 : 0;
    }
    return removed;
  }

  private static void requireAwaited(BooleanSupplier leftAlone) throws IOException {
    if (leftAlone.getAsBoolean()) {
      throw new IOException("who wanted it removed has gone");
    }
  }
}
