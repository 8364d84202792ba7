package io.warmstart.recover;

import io.warmstart.index.RecordedIndex;
import io.warmstart.index.RecordedIndex.RecordedStripe;
import io.warmstart.index.SpaceLedger;
import io.warmstart.journal.JournalView;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.VerifyReport.Problem;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.RootDirectory;
import io.warmstart.process.Placement;
import io.warmstart.process.StripeLocks;
import io.warmstart.quarantine.Quarantine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;

/**
 * Compares the index with the files: of each key its entries, its bytes and the winners that
 * lookups would believe; of each stripe its sum; the quarantine's bytes. Each key under its stripe,
 * so that no sibling's work looks like a difference ({@link KeyAudit}).
 *
 * <p>Not compared is what has no lock to be looked at under: a stripe that a stopped process holds,
 * and without a repair one whose holder has died, which the next holder sums up.
 */
public final class IndexAudit {
  private static final String KIND = "index";

  /** A stopped holder must not hold up a repair for each of its keys. */
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final RootDirectory root;
  private final StripeLocks stripes;
  private final RecoveringLocks locks;
  private final SpaceLedger ledger;
  private final JournalView journal;
  private final Quarantine quarantine;
  private final RecordedIndex recorded;
  private final KeyAudit comparison;
  private final Path path;

  public IndexAudit(
      RootDirectory root,
      StripeLocks stripes,
      RecoveringLocks locks,
      SpaceLedger ledger,
      RecordedIndex recorded,
      JournalView journal,
      Quarantine quarantine,
      Placement place,
      EpochNanoClock clock) {
    this.root = root;
    this.stripes = stripes;
    this.locks = locks;
    this.ledger = ledger;
    this.journal = journal;
    this.quarantine = quarantine;
    this.recorded = recorded;
    this.comparison = new KeyAudit(root, recorded, place.racyWindow(), clock);
    this.path = place.directory().resolve("index");
  }

  /**
   * Begins a check.
   *
   * @param foreignStores whether programs without an index may work on the root
   * @param repair whether what differs is to be counted again
   */
  Run begin(boolean foreignStores, boolean repair) {
    return new Run(foreignStores, repair);
  }

  /** One check. For one thread. */
  final class Run {
    private final boolean foreignStores;
    private final boolean repair;
    private final List<Problem> problems = new ArrayList<>();

    private Run(boolean foreignStores, boolean repair) {
      this.foreignStores = foreignStores;
      this.repair = repair;
    }

    /** What differs. */
    List<Problem> problems() {
      return problems;
    }

    /** Compares one key. */
    void check(KeyDirectory directory) throws IOException {
      try (KeyUpdate update =
          repair ? locks.acquire(directory, PATIENCE_NANOS) : locks.acquireToLook(directory)) {
        if (!update.heldAcrossProcesses() || (!repair && update.broken())) {
          return;
        }
        if (!journal.entriesOf(directory.key()).isEmpty()) {
          // Saved since a moment ago: its winner may be in no file yet.
          return;
        }
        List<String> differences = comparison.differences(directory, foreignStores);
        if (!differences.isEmpty()) {
          boolean repaired = repair && recount(update);
          String what = String.join("; ", differences);
          report("key=" + directory.key().toHex() + " " + what, repaired);
        }
      }
    }

    /** Counts the key again, and voids its winners: the next lookup reads the files. */
    private boolean recount(KeyUpdate update) throws IOException {
      update.begin();
      update.recount();
      return comparison.differences(update.directory(), foreignStores).isEmpty();
    }

    /** Compares what belongs to no key that was listed. */
    void checkRest(List<Digest256> listed) throws IOException {
      Set<Digest256> known = new HashSet<>(listed);
      Set<Digest256> unlisted = new TreeSet<>();
      for (int stripe = 0; stripe < ControlLayout.KEY_STRIPES; stripe++) {
        checkStripe(stripe, known, unlisted);
      }
      for (Digest256 key : unlisted) {
        check(root.directory(key));
      }
      checkQuarantine();
    }

    private void checkStripe(int stripe, Set<Digest256> known, Set<Digest256> unlisted) {
      try (StripeLocks.Hold hold = stripes.acquireForScan(stripe)) {
        if (!hold.heldAcrossProcesses() || hold.broken()) {
          return;
        }
        boolean counted = recorded.counted();
        Optional<RecordedStripe> found = recorded.stripe(hold);
        if (found.isEmpty()) {
          return;
        }
        RecordedStripe sums = found.get();
        for (Digest256 key : sums.keys()) {
          if (!known.contains(key) && StripeLocks.stripeOf(key) == stripe) {
            unlisted.add(key);
          }
        }
        // Sums may be none while the total is in doubt: the next scan begins with them.
        boolean differs = sums.bytes() != sums.bytesOfKeys() || sums.bytes() < 0;
        if (differs && counted && recorded.counted()) {
          if (repair) {
            ledger.recount(hold);
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

    private void checkQuarantine() throws IOException {
      boolean counted = recorded.counted();
      long ctime = comparison.ctimeOf(quarantine.directory());
      long held = quarantine.heldBytes();
      Optional<Long> bytes = recorded.quarantineBytes();
      if (bytes.isEmpty() || !counted || bytes.get() == held) {
        return;
      }
      // Nobody's lock guards it: only what stands still since the scan is comparable.
      boolean still =
          ctime == comparison.ctimeOf(quarantine.directory()) && comparison.isOlderThanScan(ctime);
      if ((still || bytes.get() < 0) && recorded.counted()) {
        if (repair) {
          ledger.quarantineHas(held);
        }
        report("quarantine bytes: expected=" + held + " actual=" + number(bytes.get()), repair);
      }
    }

    private void report(String detail, boolean repaired) {
      problems.add(new Problem(KIND, path.toString(), detail, repaired));
    }

    private static String number(long bytes) {
      return bytes < 0 ? "a number without its check" : Long.toString(bytes);
    }
  }
}
