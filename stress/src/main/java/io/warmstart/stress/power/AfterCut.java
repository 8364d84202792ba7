package io.warmstart.stress.power;

import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Explanation;
import io.warmstart.model.Ranking;
import io.warmstart.model.VerifyReport;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.power.Acknowledged.Place;
import io.warmstart.stress.worker.JournalSegments;
import io.warmstart.stress.worker.Names;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** What is found of the acknowledged saves when the power is back, and what is lost. */
final class AfterCut {
  /** The length of each payload. */
  static final int PAYLOAD_BYTES = 9_000;

  /** What verification calls a pair whose second rename has not come. */
  private static final String INCOMPLETE = "incomplete";

  private final Path root;
  private final LastOperation last;
  private final Acknowledged acknowledged;
  private final List<String> losses = new ArrayList<>();
  private long checked;
  private long wentBack;

  /**
   * Makes one that has found nothing yet.
   *
   * @param last what the power has cut off
   */
  AfterCut(Path root, LastOperation last, Acknowledged acknowledged) {
    this.root = root;
    this.last = last;
    this.acknowledged = acknowledged;
  }

  /** How many acknowledged entries were looked for. */
  long checked() {
    return checked;
  }

  /** How many runs are at an older version than was acknowledged, or gone, as they may be. */
  long wentBack() {
    return wentBack;
  }

  /** What was lost or is not whole, one line each. */
  List<String> losses() {
    return losses;
  }

  void lookFor(WarmStartStore store) throws IOException {
    // Before anything else: an explanation has pairs made of what lies in the journal, and the
    // first reader completes what was cut off between its renames.
    for (int key : acknowledged.keys()) {
      lookUp(store, key);
    }
    for (Place place : acknowledged.places()) {
      checked++;
      lookFor(store, place);
    }
    verify(store);
  }

  /** A lookup of the latest finds no older version of the key than must be there, and all of it. */
  private void lookUp(WarmStartStore store, int key) {
    long least = acknowledged.leastOfKey(key);
    long found = 0;
    String complaint = "";
    try (Entry entry = store.lookupLatest(Names.key(key)).orElse(null)) {
      if (entry != null) {
        found = entry.iteration().orElse(0);
        complaint = Version.complaint(entry.payload(), -1, key, PAYLOAD_BYTES);
      }
    }
    if (found < least || !complaint.isEmpty()) {
      losses.add(
          "%s: the latest of key %d: expected=%s actual=%s %s"
              .formatted(last, key, Version.text(least), Version.text(found), complaint));
    }
  }

  private void lookFor(WarmStartStore store, Place place) throws IOException {
    long least = acknowledged.least(place);
    if (!isThere(store, place)) {
      if (least > 0) {
        losses.add("%s: lost: %s".formatted(last, place));
      } else {
        wentBack++;
      }
      return;
    }
    UnsafeBuffer payload = new UnsafeBuffer(Files.readAllBytes(payloadFile(place)));
    String complaint = Version.complaint(payload, -1, place.key(), PAYLOAD_BYTES);
    if (!complaint.isEmpty()) {
      losses.add("%s: not whole: %s: %s".formatted(last, place, complaint));
      return;
    }
    long found = payload.getLong(0, ByteOrder.LITTLE_ENDIAN);
    if (found < least || !acknowledged.isOf(place, found)) {
      losses.add(
          "%s: another version: %s expected=%s actual=%s"
              .formatted(last, place, Version.text(least), Version.text(found)));
    } else if (found < acknowledged.latest(place)) {
      wentBack++;
    }
  }

  private void verify(WarmStartStore store) {
    VerifyReport report = store.verify();
    List<VerifyReport.Problem> problems = report.problems();
    if (!problems.isEmpty()
        && problems.stream().allMatch(problem -> problem.kind().equals(INCOMPLETE))) {
      // Cut off between its renames, and not the latest of its key: no lookup has come by it.
      store.repair();
      report = store.verify();
    }
    // A run that came back after its eviction is whole or only its leftovers are there.
    if (losses.isEmpty() && last != LastOperation.EVICTION) {
      report.problems().forEach(problem -> losses.add(last + ": verify: " + problem));
    }
  }

  /** Of what lay in the journal all is in pairs, once a store has looked for it. */
  void lookInJournal(List<JournalSegments.Segment> left) {
    if (losses.isEmpty()) {
      left.forEach(each -> losses.add(last + ": left in the journal: " + each));
    }
  }

  static boolean isThere(WarmStartStore store, Place place) {
    return store.explain(Names.key(place.key()), Ranking.LATEST).candidates().stream()
        .filter(Explanation.Verdict::usable)
        .anyMatch(each -> each.runId().equals(place.runId()));
  }

  private Path payloadFile(Place place) {
    return root.resolve(Names.key(place.key()).toHex()).resolve(place.runId() + ".bin");
  }
}
