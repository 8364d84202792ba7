package io.warmstart.pair;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.DirectoryNames.Classified;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.StagedName;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.io.Rereads;
import io.warmstart.ranking.Candidate;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one look at a key directory found. Files come and go meanwhile: each part is what was there
 * when it was looked at, and a flow that acts on it looks again under the key's lock.
 *
 * @param exists whether there is such a directory; a symbolic link is none
 * @param candidates the entries whose manifests could be read
 * @param manifestFacts the manifest files of the candidates, by run id
 * @param payloadFacts the payload files seen, by run id; only if sizes were asked for
 * @param suspects manifests that could not be read, with the reason
 * @param staged our staged files
 * @param foreignTemporaries the original store's
 * @param unknown names that mean nothing to us; never followed, never removed
 * @param vanished names that were listed and then gone
 * @param proven whether no entry can be missing that was there all the time
 */
public record KeyListing(
    boolean exists,
    List<Candidate> candidates,
    Map<String, FileFacts> manifestFacts,
    Map<String, FileFacts> payloadFacts,
    List<Suspect> suspects,
    List<Leftover> staged,
    List<Leftover> foreignTemporaries,
    List<Leftover> unknown,
    List<String> vanished,
    boolean proven) {

  /** At a key of which a listed name is gone, where other machines may be replacing it. */
  private static final int MOST_LOOKS = 6;

  private static final long FIRST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /**
   * A manifest that could not be read.
   *
   * @param runId its run
   * @param file its path
   * @param reason one line
   * @param unreadable whether the file itself could not be read, which proves nothing against it
   */
  public record Suspect(String runId, Path file, String reason, boolean unreadable) {
    /** The reason, with the file. */
    public String described() {
      return reason + " file=" + file;
    }
  }

  /**
   * A file that is not half of a pair.
   *
   * @param name its name
   * @param staged its parts, if it is one of our staged files
   * @param facts the file; null if sizes were not asked for
   */
  public record Leftover(String name, @Nullable StagedName staged, @Nullable FileFacts facts) {
    /** What it takes up. */
    public long bytes() {
      return facts == null || facts.directory() ? 0 : facts.size();
    }
  }

  private static KeyListing empty(SettledListing listing) {
    return new KeyListing(
        listing.exists(),
        new ArrayList<>(),
        new HashMap<>(),
        new HashMap<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        listing.proven());
  }

  /** Looks for what a lookup needs: the manifests. */
  public static KeyListing forLookup(FileOps ops, KeyDirectory directory) throws IOException {
    return forLookup(ops, directory, Map.of());
  }

  /**
   * The same.
   *
   * @param read those that need not be read again, by run id, unless they look otherwise
   */
  public static KeyListing forLookup(
      FileOps ops, KeyDirectory directory, Map<String, ManifestFile> read) throws IOException {
    return Uninterrupted.call(() -> list(ops, directory, false, read));
  }

  /**
   * Looks again for what a lookup needs.
   *
   * @param before what the last look found
   * @param racy whether a manifest was too young then for its facts to tell: it may have been
   *     replaced in the same tick of the clock by one that was given its inode. Another one that
   *     looks as it did is taken for read.
   */
  public static KeyListing again(
      FileOps ops, KeyDirectory directory, KeyListing before, Predicate<FileFacts> racy)
      throws IOException {
    Map<String, ManifestFile> read = before.filesRead(racy);
    return Uninterrupted.call(() -> list(ops, directory, false, read));
  }

  private Map<String, ManifestFile> filesRead(Predicate<FileFacts> racy) {
    Map<String, ManifestFile> read = new HashMap<>();
    for (Candidate candidate : candidates) {
      FileFacts facts = manifestFacts.get(candidate.runId());
      if (facts != null && !racy.test(facts)) {
        read.put(candidate.runId(), new ManifestFile(candidate.manifest(), facts));
      }
    }
    return read;
  }

  /**
   * Whether two looks found the same manifests, and all that they had listed. What was read counts,
   * and not the facts alone: they are those of a name a moment before it was opened.
   */
  public boolean sameEntriesAs(KeyListing other) {
    return vanished.isEmpty()
        && other.vanished.isEmpty()
        && exists == other.exists
        && manifestFacts.equals(other.manifestFacts)
        && new HashSet<>(candidates).equals(new HashSet<>(other.candidates));
  }

  /** Looks at everything, with the size of each file. */
  public static KeyListing withSizes(FileOps ops, KeyDirectory directory) throws IOException {
    KeyListing listing = Uninterrupted.call(() -> list(ops, directory, true, Map.of()));
    // While a file is renamed over a name, a client of GlusterFS may find nothing under that name.
    for (int more = 1; more < MOST_LOOKS && ops.rereads().shared(); more++) {
      if (listing.vanished.isEmpty()) {
        break;
      }
      Rereads.pause(FIRST_WAIT_NANOS << more);
      listing = Uninterrupted.call(() -> list(ops, directory, true, Map.of()));
    }
    return listing;
  }

  /**
   * The bytes that count against the budget: manifests, the payloads beside them, and what we have
   * staged. Eviction can free no others, so that others must not push entries out.
   */
  public long bytes() {
    long bytes = 0;
    for (String runId : manifestFacts.keySet()) {
      bytes += pairBytes(runId);
    }
    // Only they themselves are out of reach for now: they are entries all the same.
    bytes += unreadableBytes();
    for (Leftover leftover : staged) {
      bytes += leftover.bytes();
    }
    return bytes;
  }

  /** Those of them that lie beside manifests which cannot be read. */
  public long unreadableBytes() {
    return suspects.stream()
        .filter(Suspect::unreadable)
        .mapToLong(each -> pairBytes(each.runId()))
        .sum();
  }

  /**
   * How many files do not count: names that mean nothing to us, temporaries of the original store,
   * and payloads without a manifest.
   */
  public long otherFiles() {
    return unknown.size() + foreignTemporaries.size() + strayPayloads().count();
  }

  /** Their bytes. */
  public long otherBytes() {
    return strayPayloads().mapToLong(this::pairBytes).sum()
        + Stream.of(foreignTemporaries, unknown)
            .flatMap(List::stream)
            .mapToLong(Leftover::bytes)
            .sum();
  }

  /** The runs of payloads without a manifest, be it one that could not be read. */
  public Stream<String> strayPayloads() {
    Set<String> suspected = new HashSet<>();
    suspects.forEach(suspect -> suspected.add(suspect.runId()));
    return payloadFacts.keySet().stream()
        .filter(runId -> !manifestFacts.containsKey(runId) && !suspected.contains(runId));
  }

  /** The bytes of one pair. */
  public long pairBytes(String runId) {
    FileFacts manifest = manifestFacts.get(runId);
    FileFacts payload = payloadFacts.get(runId);
    return (manifest == null ? 0 : manifest.size()) + (payload == null ? 0 : payload.size());
  }

  /** Whether a foreign writer has staged a manifest for a run: it may be between its renames. */
  public boolean foreignManifestStaged(String runId) {
    String prefix = runId + DirectoryNames.MANIFEST_SUFFIX + DirectoryNames.TEMPORARY_MARK;
    return foreignTemporaries.stream().anyMatch(leftover -> leftover.name().startsWith(prefix));
  }

  /** Whether nothing at all lies in the directory. */
  public boolean isEmpty() {
    return manifestFacts.isEmpty()
        && payloadFacts.isEmpty()
        && suspects.isEmpty()
        && staged.isEmpty()
        && foreignTemporaries.isEmpty()
        && unknown.isEmpty();
  }

  private static KeyListing list(
      FileOps ops, KeyDirectory directory, boolean sizes, Map<String, ManifestFile> read)
      throws IOException {
    SettledListing settled = SettledListing.of(ops, directory);
    KeyListing listing = empty(settled);
    Set<String> manifests = new LinkedHashSet<>();
    Set<String> payloads = new LinkedHashSet<>();
    for (String name : settled.names()) {
      Classified classified = DirectoryNames.classify(name);
      switch (classified.kind()) {
        case MANIFEST -> manifests.add(Objects.requireNonNull(classified.runId()));
        case PAYLOAD -> payloads.add(Objects.requireNonNull(classified.runId()));
        case STAGED -> listing.addLeftover(listing.staged, ops, directory, name, classified, sizes);
        case FOREIGN_TEMPORARY ->
            listing.addLeftover(
                listing.foreignTemporaries, ops, directory, name, classified, sizes);
        case UNKNOWN ->
            listing.addLeftover(listing.unknown, ops, directory, name, classified, sizes);
      }
    }
    return listing.addRuns(ops, directory, manifests, payloads, sizes, read);
  }

  /** Looks at both halves of each run of which one was listed: what one promises may be there. */
  private KeyListing addRuns(
      FileOps ops,
      KeyDirectory directory,
      Set<String> manifests,
      Set<String> payloads,
      boolean sizes,
      Map<String, ManifestFile> read)
      throws IOException {
    Set<String> runs = new LinkedHashSet<>(manifests);
    runs.addAll(payloads);
    for (String runId : runs) {
      Path manifest = directory.manifest(runId);
      try {
        addManifest(ops, manifest, runId, read.get(runId));
      } catch (NoSuchFileException e) {
        noteVanished(manifests.contains(runId), manifest);
      }
      if (sizes) {
        Path payload = directory.payload(runId);
        try {
          payloadFacts.put(runId, ops.stat(payload));
        } catch (NoSuchFileException e) {
          noteVanished(payloads.contains(runId), payload);
        }
      }
    }
    return this;
  }

  private void noteVanished(boolean listed, Path path) {
    if (listed) {
      vanished.add(path.getFileName().toString());
    }
  }

  /** Looks for runs that somebody knows of although no listing has told of them. */
  public void lookFor(FileOps ops, KeyDirectory directory, Set<String> runIds) throws IOException {
    Uninterrupted.call(
        () -> {
          Set<String> unseen = new LinkedHashSet<>(runIds);
          unseen.removeAll(manifestFacts.keySet());
          return addRuns(ops, directory, Set.of(), unseen, false, Map.of());
        });
  }

  /**
   * Looks at runs once more, in a listing with sizes.
   *
   * @param racy as for {@link #again}
   */
  public void lookAgain(
      FileOps ops, KeyDirectory directory, Set<String> runIds, Predicate<FileFacts> racy)
      throws IOException {
    Map<String, ManifestFile> read = filesRead(racy);
    Uninterrupted.call(
        () -> {
          candidates.removeIf(each -> runIds.contains(each.runId()));
          suspects.removeIf(each -> runIds.contains(each.runId()));
          List.of(manifestFacts, payloadFacts).forEach(each -> each.keySet().removeAll(runIds));
          return addRuns(ops, directory, runIds, Set.of(), true, read);
        });
  }

  private void addLeftover(
      List<Leftover> to,
      FileOps ops,
      KeyDirectory directory,
      String name,
      Classified classified,
      boolean sizes)
      throws IOException {
    try {
      to.add(leftover(ops, directory.path().resolve(name), classified, sizes));
    } catch (NoSuchFileException e) {
      vanished.add(name);
    }
  }

  /** Runs with a manifest that cannot be read, or with only one half. */
  public Set<String> brokenRuns() {
    Set<String> broken = new LinkedHashSet<>();
    for (Suspect suspect : suspects()) {
      if (!suspect.unreadable()) {
        broken.add(suspect.runId());
      }
    }
    strayPayloads().forEach(broken::add);
    candidates()
        .forEach(
            candidate -> {
              FileFacts payload = payloadFacts().get(candidate.runId());
              if (payload == null || !candidate.manifest().fitsLength(payload.size())) {
                broken.add(candidate.runId());
              }
            });
    return broken;
  }

  private static Leftover leftover(FileOps ops, Path path, Classified classified, boolean sizes)
      throws IOException {
    String name = path.getFileName().toString();
    return new Leftover(name, classified.staged(), sizes ? ops.stat(path) : null);
  }

  private void addManifest(FileOps ops, Path path, String runId, @Nullable ManifestFile read)
      throws IOException {
    try {
      ManifestFile file =
          read != null && ops.stat(path).sameContentAs(read.facts())
              ? read
              : ManifestFile.read(ops, path);
      candidates.add(new Candidate(runId, file.manifest()));
      manifestFacts.put(runId, file.facts());
    } catch (ManifestFormatException e) {
      suspect(ops, path, runId, e.getMessage(), false);
    } catch (NoSuchFileException e) {
      throw e;
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (IOException e) {
      suspect(ops, path, runId, "manifest cannot be read: " + StoreFailures.describe(e), true);
    }
  }

  private void suspect(
      FileOps ops, Path path, String runId, @Nullable String reason, boolean unreadable)
      throws IOException {
    suspects.add(new Suspect(runId, path, String.valueOf(reason), unreadable));
    if (!unreadable) {
      manifestFacts.put(runId, ops.stat(path));
    }
  }
}
