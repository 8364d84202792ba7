package io.warmstart;

import io.warmstart.VerifyReport.Problem;
import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.entry.Quarantine;
import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.index.CoordinationLayout;
import io.warmstart.index.EntryFacts;
import io.warmstart.index.IndexContents;
import io.warmstart.index.IndexContents.Recorded;
import io.warmstart.index.IndexContents.RecordedKey;
import io.warmstart.index.IndexContents.RecordedStripe;
import io.warmstart.index.IndexContents.RecordedWinner;
import io.warmstart.index.IndexedWinner;
import io.warmstart.index.KeyLocks;
import io.warmstart.index.SharedIndex;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Compares the index with the files: of each key its entries, its bytes and the winners that
 * lookups would believe; of each stripe its sum; the quarantine's bytes. Each key under its stripe,
 * so that no sibling's work looks like a difference.
 *
 * <p>The index lags behind by design: it is filled as it is asked, and what stores that know no
 * index do is found by the next walk. So entries and bytes are compared only where the index has
 * vouched for them, which is so
 *
 * <ul>
 *   <li>while the key's directory has the mtime that it was counted at, or
 *   <li>once every key has been counted, if the directory has not changed since that walk began, or
 *       this store has been told that there are no foreign stores.
 * </ul>
 *
 * <p>Winners are believed by their check and the directory's mtime, and are compared if a lookup
 * would believe them. A last use that lies ahead of the manifest's is a hit that is not on disk
 * yet; one that lies behind it would evict the entry too early.
 *
 * <p>Not compared is what has no lock to be looked at under: a stripe that a stopped process holds,
 * and without a repair one whose holder has died, which the next holder sums up.
 */
final class IndexCheck {
  private static final String KIND = "index";
  private static final int MOST_LOOKS = 8;

  /** Who looks for foreign changes no more often than this has been told that there are none. */
  private static final long NO_FOREIGN_STORES_NANOS = TimeUnit.DAYS.toNanos(1);

  /** What is not there has no mtime. */
  private static final long ABSENT = -1;

  private final Engine engine;
  private final boolean foreignStores;
  private final boolean repair;
  private final @Nullable IndexContents contents;
  private final Path path;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * Makes a check. For one thread.
   *
   * @param repair whether what differs is to be counted anew
   */
  IndexCheck(Engine engine, StoreOptions options, boolean repair) {
    this.engine = engine;
    this.foreignStores = options.foreignCheckNanos() < NO_FOREIGN_STORES_NANOS;
    this.repair = repair;
    SharedIndex index = engine.sharedIndex;
    this.contents = index == null ? null : new IndexContents(index);
    this.path = engine.place.directory().resolve("index");
  }

  /** What differs. */
  List<Problem> problems() {
    return problems;
  }

  /** Compares one key. */
  void check(KeyDirectory directory) throws IOException {
    if (contents != null) {
      check(contents, directory);
    }
  }

  private void check(IndexContents recorded, KeyDirectory directory) throws IOException {
    try (KeyLocks.Hold hold =
        repair ? engine.lock(directory) : engine.locks.acquireForWalk(directory.key())) {
      if (!hold.shared() || (!repair && hold.broken())) {
        return;
      }
      List<String> differences = differences(recorded, directory);
      if (!differences.isEmpty()) {
        boolean repaired = repair && recount(recorded, hold, directory);
        String what = String.join("; ", differences);
        report("key=" + directory.key().toHex() + " " + what, repaired);
      }
    }
  }

  /** Counts the key again, and voids its winners: the next lookup reads the files. */
  private boolean recount(IndexContents recorded, KeyLocks.Hold hold, KeyDirectory directory)
      throws IOException {
    engine.index.changed(directory);
    KeyCount.under(engine, hold, directory);
    return differences(recorded, directory).isEmpty();
  }

  /** Compares what belongs to no key that was listed. */
  void checkRest(List<Digest256> listed) throws IOException {
    if (contents == null) {
      return;
    }
    Set<Digest256> known = new HashSet<>(listed);
    Set<Digest256> unlisted = new TreeSet<>();
    for (int stripe = 0; stripe < CoordinationLayout.KEY_STRIPES; stripe++) {
      checkStripe(contents, stripe, known, unlisted);
    }
    for (Digest256 key : unlisted) {
      check(contents, engine.directory(key));
    }
    checkQuarantine(contents);
  }

  private void checkStripe(
      IndexContents recorded, int stripe, Set<Digest256> known, Set<Digest256> unlisted) {
    try (KeyLocks.Hold hold = engine.locks.acquireForWalk(stripe)) {
      if (!hold.shared() || hold.broken()) {
        return;
      }
      boolean counted = recorded.counted();
      Optional<RecordedStripe> found = recorded.stripe(hold);
      if (found.isEmpty()) {
        return;
      }
      RecordedStripe sums = found.get();
      for (Digest256 key : sums.keys()) {
        if (!known.contains(key) && KeyLocks.stripeOf(key) == stripe) {
          unlisted.add(key);
        }
      }
      // Sums may be none while the total is in doubt: the next walk begins with them.
      boolean differs = sums.bytes() != sums.bytesOfKeys() || sums.bytes() < 0;
      if (differs && counted && recorded.counted()) {
        if (repair) {
          engine.records().recount(hold);
        }
        boolean repaired =
            repair
                && recorded
                    .stripe(hold)
                    .map(after -> after.bytes() == after.bytesOfKeys() && after.bytes() >= 0)
                    .orElse(true);
        report(
            "stripe="
                + stripe
                + " bytes: expected="
                + number(sums.bytesOfKeys())
                + " actual="
                + number(sums.bytes()),
            repaired);
      }
    }
  }

  private void checkQuarantine(IndexContents recorded) throws IOException {
    boolean counted = recorded.counted();
    long mtime = mtimeOf(engine.quarantine.directory());
    long held = engine.quarantine.list().stream().mapToLong(Quarantine.Held::bytes).sum();
    Optional<Long> bytes = recorded.quarantineBytes();
    if (bytes.isEmpty() || !counted || bytes.get() == held) {
      return;
    }
    // Nobody's lock guards it: only what stands still since the walk is comparable.
    boolean still =
        mtime == mtimeOf(engine.quarantine.directory()) && isOlderThanWalk(recorded, mtime);
    if ((still || bytes.get() < 0) && recorded.counted()) {
      if (repair) {
        engine.records().quarantineHas(held);
      }
      report("quarantine bytes: expected=" + held + " actual=" + number(bytes.get()), repair);
    }
  }

  private void report(String detail, boolean repaired) {
    problems.add(new Problem(KIND, path.toString(), detail, repaired));
  }

  /** What is different; the caller holds the key's stripe, shared. */
  private List<String> differences(IndexContents recorded, KeyDirectory directory)
      throws IOException {
    for (int look = 0; look < MOST_LOOKS; look++) {
      boolean counted = recorded.counted();
      long mtime = mtimeOf(directory.path());
      long rootMtime = mtimeOf(engine.root);
      Map<Ranking, RecordedWinner> winners = winners(recorded, directory.key());
      Optional<RecordedKey> found = recorded.key(directory.key());
      KeyScan scan = KeyScan.withSizes(engine.ops, directory);
      List<String> differences = new ArrayList<>();
      if (found.isPresent()) {
        RecordedKey key = found.get();
        compareEntries(recorded, key, scan, differences, counted, mtime, rootMtime);
        compareWinners(winners, scan, mtime, rootMtime, differences);
      }
      // A store that takes no lock may have been at work, or a sibling without the lock, which
      // tells that by the winners and the doubt.
      boolean same =
          mtime == mtimeOf(directory.path())
              && rootMtime == mtimeOf(engine.root)
              && counted == recorded.counted()
              && winners.equals(winners(recorded, directory.key()));
      if (differences.isEmpty() || same) {
        return differences;
      }
    }
    return List.of();
  }

  private static Map<Ranking, RecordedWinner> winners(IndexContents recorded, Digest256 key) {
    Map<Ranking, RecordedWinner> winners = new EnumMap<>(Ranking.class);
    for (Ranking ranking : Ranking.values()) {
      recorded.winner(key, ranking.place()).ifPresent(winner -> winners.put(ranking, winner));
    }
    return winners;
  }

  private void compareEntries(
      IndexContents recorded,
      RecordedKey key,
      KeyScan scan,
      List<String> differences,
      boolean counted,
      long mtime,
      long rootMtime) {
    if (key.bytes() < 0) {
      differences.add("bytes: expected=a number with its check actual=neither");
      return;
    }
    boolean unchanged = key.countedMtime() > 0 && key.countedMtime() == mtime;
    boolean walked =
        counted
            && (!foreignStores || isOlderThanWalk(recorded, mtime == ABSENT ? rootMtime : mtime));
    if (!unchanged && !walked) {
      return;
    }
    // Told as what it is already, and not counted as what it was when it was recorded.
    Set<String> broken = new HashSet<>(RecoverFlow.brokenRuns(scan));
    scan.suspects().forEach(suspect -> broken.add(suspect.runId()));
    List<Recorded> left = new ArrayList<>(key.entries());
    for (Candidate candidate : scan.candidates()) {
      Recorded entry = take(left, candidate.runId());
      if (!broken.contains(candidate.runId())) {
        compareEntry(candidate, scan, entry, differences);
      }
    }
    left.removeIf(entry -> broken.stream().anyMatch(run -> entry.entry().isOf(run)));
    for (Recorded entry : left) {
      differences.add("entry " + name(entry) + ": expected=none actual=recorded");
    }
    if (broken.isEmpty()) {
      compareBytes(key.bytes(), scan, differences);
    }
  }

  private static @Nullable Recorded take(List<Recorded> from, String runId) {
    for (Recorded entry : from) {
      if (entry.entry().isOf(runId)) {
        from.remove(entry);
        return entry;
      }
    }
    return null;
  }

  private static String name(Recorded entry) {
    String runId = entry.entry().runId();
    return runId == null ? "of an unknown run" : runId;
  }

  private static void compareEntry(
      Candidate candidate, KeyScan scan, @Nullable Recorded entry, List<String> differences) {
    String runId = candidate.runId();
    if (entry == null) {
      differences.add("entry " + runId + ": expected=recorded actual=none");
      return;
    }
    long bytes = scan.pairBytes(runId);
    if (entry.bytes() != bytes) {
      differences.add("entry " + runId + " bytes: expected=" + bytes + " actual=" + entry.bytes());
    }
    EntryFacts facts = EntryFacts.of(runId, candidate.manifest(), bytes);
    if (entry.entry().lastUseNanos() < facts.lastUseNanos()) {
      differences.add(
          "entry "
              + runId
              + " last use: expected>="
              + facts.lastUseNanos()
              + " actual="
              + entry.entry().lastUseNanos());
    }
    if (facts.accessed() && !entry.entry().accessed()) {
      differences.add("entry " + runId + " accessed: expected=true actual=false");
    }
  }

  /** Staged files come and go without being told, and count once their owner is dead. */
  private static void compareBytes(long bytes, KeyScan scan, List<String> differences) {
    long all = scan.bytes();
    long most = all;
    for (List<KeyScan.Leftover> leftovers : List.of(scan.staged(), scan.foreignTemporaries())) {
      for (KeyScan.Leftover leftover : leftovers) {
        all -= leftover.bytes();
      }
    }
    if (bytes < all || bytes > most) {
      String expected = all == most ? "=" + all : "=" + all + ".." + most;
      differences.add("bytes: expected" + expected + " actual=" + bytes);
    }
  }

  private static void compareWinners(
      Map<Ranking, RecordedWinner> winners,
      KeyScan scan,
      long mtime,
      long rootMtime,
      List<String> differences) {
    if (!scan.suspects().isEmpty()) {
      return;
    }
    winners.forEach(
        (ranking, winner) -> {
          Optional<Candidate> best = ranking.rule().winner(scan.candidates());
          IndexedWinner expected = new IndexedWinner();
          expected.setMiss();
          best.ifPresent(candidate -> expected.setVersion(candidate, 0));
          if (isBelieved(winner, mtime, rootMtime) && !winner.is(expected)) {
            differences.add(
                "winner by "
                    + ranking.name().toLowerCase(Locale.ROOT)
                    + ": expected="
                    + best.map(Candidate::runId).orElse("none")
                    + " actual="
                    + (winner.miss() ? "none" : "another version"));
          }
        });
  }

  /** One that was read when the directory was young is good for an instant only. */
  private static boolean isBelieved(RecordedWinner winner, long mtime, long rootMtime) {
    return winner.withoutDirectory()
        ? mtime == ABSENT && winner.mtime() == rootMtime
        : mtime != ABSENT && winner.mtime() == mtime;
  }

  private boolean isOlderThanWalk(IndexContents recorded, long mtime) {
    long began = Math.min(recorded.walkBegan(), SystemEpochNanoClock.INSTANCE.nanoTime());
    return mtime < began - engine.place.racyNanos();
  }

  private long mtimeOf(Path file) throws IOException {
    try {
      return engine.ops.stat(file).mtimeNanos();
    } catch (NoSuchFileException e) {
      return ABSENT;
    }
  }

  private static String number(long bytes) {
    return bytes < 0 ? "a number without its check" : Long.toString(bytes);
  }
}
