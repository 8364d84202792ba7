package io.warmstart.recover;

import io.warmstart.format.Run;
import io.warmstart.model.Digest256;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RestoreReport;
import io.warmstart.model.RestoreReport.Item;
import io.warmstart.model.RestoreReport.Outcome;
import io.warmstart.pair.FittingHalves;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.PairCheck;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.quarantine.Quarantine;
import io.warmstart.quarantine.QuarantinedFile;
import io.warmstart.quarantine.QuarantinedRuns;
import io.warmstart.quarantine.QuarantinedRuns.Half;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings back from quarantine what is whole, each run whole or not at all.
 *
 * <ol>
 *   <li>Look for a manifest and a payload that fit, by size and SHA-256, among the halves of a run
 *       that lie in quarantine and those in its key directory. Of several, the latest written.
 *   <li>Stage them in the key directory and sync them: the payload by a second name, the manifest
 *       written again with the access stamp of now. What lies in quarantine stays until the end: a
 *       death on the way loses nothing.
 *   <li>Under the key's lock, unless a whole entry of that run is in place or somebody is writing
 *       it: move to quarantine what is in the way, link payload and manifest into place. A link,
 *       and no rename: the lock keeps out neither other machines nor the original store, and what
 *       one of them has published a moment ago stays.
 *   <li>Sync the directory, and drop the names in quarantine.
 * </ol>
 *
 * <p>The written stamp stays what it was. Being brought back counts as a use, and the manifest that
 * comes into place says so: else the next sweep, of whichever process or machine, would remove what
 * has lain there for longer than the TTL, and no name in quarantine would be left of it.
 */
public final class RestoreFlow {
  private final RootDirectory root;
  private final Quarantine quarantine;
  private final PairReader reader;
  private final RestorePublisher publisher;
  private final List<Item> items = new ArrayList<>();

  public RestoreFlow(
      RootDirectory root, Quarantine quarantine, PairReader reader, RestorePublisher publisher) {
    this.root = root;
    this.quarantine = quarantine;
    this.reader = reader;
    this.publisher = publisher;
  }

  /**
   * Restores, or tells what it would.
   *
   * @param keys whose runs; all if empty
   */
  public RestoreReport run(Collection<Fingerprint> keys, boolean listOnly) {
    Set<Digest256> wanted = new HashSet<>();
    keys.forEach(key -> wanted.add(key.digest()));
    try {
      QuarantinedRuns found = quarantine.runs();
      found
          .runs()
          .forEach(
              (run, halves) -> {
                if (wanted.isEmpty() || wanted.contains(run.key())) {
                  restore(run, halves, listOnly);
                }
              });
      if (wanted.isEmpty()) {
        found.unknown().forEach(this::unknown);
      }
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot look at the quarantine", quarantine.directory(), e);
    }
    return new RestoreReport(List.copyOf(items));
  }

  private void unknown(QuarantinedFile held) {
    items.add(
        new Item(
            Optional.empty(),
            "",
            Outcome.UNKNOWN,
            "neither its name nor a reason beside it tells key and run id",
            "",
            List.of(held.path().getFileName().toString()),
            -1));
  }

  private void restore(Run run, List<Half> halves, boolean listOnly) {
    KeyDirectory directory = root.directory(run.key());
    List<Path> files = halves.stream().map(Half::path).toList();
    try {
      StringBuilder why = new StringBuilder();
      FittingHalves fit =
          FittingHalves.find(root.ops(), reader, directory, run.runId(), halves, why);
      boolean inPlace = PairCheck.of(root.ops(), reader, directory, run.runId()).whole();
      if (fit == null) {
        // To move what is in place away would leave nothing.
        String beside = inPlace ? ", and a whole entry is in place" : "";
        add(run, halves, files, Outcome.NOT_WHOLE, why + beside, null);
      } else if (inPlace) {
        String written = ", here written=" + fit.manifest().manifest().written();
        add(run, halves, files, Outcome.IN_PLACE, "a whole entry is in place" + written, fit);
      } else {
        Outcome outcome = publisher.isInTheWay(directory, run.runId(), fit);
        if (outcome == null) {
          outcome = listOnly ? Outcome.RESTORABLE : publisher.publish(directory, run.runId(), fit);
        }
        add(run, halves, fit.quarantined(), outcome, detail(outcome), fit);
        List<Path> rest = new ArrayList<>(files);
        rest.removeAll(fit.quarantined());
        if (!rest.isEmpty()) {
          add(run, halves, rest, Outcome.IN_PLACE, "not of the version that comes back", null);
        }
      }
    } catch (NoSuchFileException e) {
      add(run, halves, files, Outcome.FAILED, "gone meanwhile: " + e.getMessage(), null);
    } catch (IOException e) {
      add(run, halves, files, Outcome.FAILED, StoreFailures.describeWithFile(e), null);
    }
  }

  private static String detail(Outcome outcome) {
    return switch (outcome) {
      case BEING_WRITTEN -> "somebody is writing this run, or has within the last minute";
      case IN_PLACE -> "a whole entry is in place";
      default -> "";
    };
  }

  private void add(
      Run run,
      List<Half> halves,
      List<Path> files,
      Outcome outcome,
      String detail,
      @Nullable FittingHalves fit) {
    List<String> names = new ArrayList<>();
    Set<String> reasons = new HashSet<>();
    StringBuilder reason = new StringBuilder();
    for (Half half : halves) {
      if (files.contains(half.path())) {
        names.add(half.path().getFileName().toString());
        if (!half.reason().isEmpty() && reasons.add(half.reason())) {
          reason.append(reason.isEmpty() ? "" : "; ").append(half.reason());
        }
      }
    }
    items.add(
        new Item(
            Optional.of(Fingerprint.ofDigest(run.key())),
            run.runId(),
            outcome,
            detail,
            reason.toString(),
            List.copyOf(names),
            fit == null ? -1 : fit.payload().facts().size()));
  }
}
