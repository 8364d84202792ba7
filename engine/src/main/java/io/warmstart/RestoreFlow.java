package io.warmstart;

import io.warmstart.RestoreReport.Item;
import io.warmstart.RestoreReport.Outcome;
import io.warmstart.entry.ChangeAges;
import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.entry.ManifestFile;
import io.warmstart.entry.OpenDirectories;
import io.warmstart.entry.Quarantine;
import io.warmstart.entry.QuarantinedRuns;
import io.warmstart.entry.QuarantinedRuns.Half;
import io.warmstart.entry.QuarantinedRuns.Run;
import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.StagedName;
import io.warmstart.index.KeyLocks;
import io.warmstart.io.FileFacts;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings back from quarantine what is whole, each run whole or not at all.
 *
 * <ol>
 *   <li>Look for a manifest and a payload that fit, by size and SHA-256, among the halves of a run
 *       that lie in quarantine and those in its key directory. Of several, the latest written.
 *   <li>Give those in quarantine a second name in the key directory, staged, and sync them. Their
 *       first name stays until the end: a death on the way loses nothing.
 *   <li>Under the key's lock, unless a whole entry of that run is in place or somebody is writing
 *       it: move to quarantine what is in the way, rename payload and manifest into place.
 *   <li>Sync the directory, and drop the names in quarantine.
 * </ol>
 *
 * <p>The written stamp stays what it was. Being brought back counts as a use: else the next sweep
 * would remove what has lain there for longer than the TTL.
 */
final class RestoreFlow {
  private static final int MOST_ATTEMPTS = 8;

  private final Engine engine;
  private final List<Item> items = new ArrayList<>();

  RestoreFlow(Engine engine) {
    this.engine = engine;
  }

  /** A file that may be half of the entry. */
  private record Source(Path path, boolean quarantined, FileFacts facts) {}

  private record ManifestSource(Source source, Manifest manifest) {}

  /** A manifest and a payload that fit. */
  private record Fit(ManifestSource manifest, Source payload) {
    List<Path> quarantined() {
      List<Path> paths = new ArrayList<>();
      for (Source each : List.of(manifest.source(), payload)) {
        if (each.quarantined()) {
          paths.add(each.path());
        }
      }
      return paths;
    }
  }

  /**
   * Restores, or tells what it would.
   *
   * @param keys whose runs; all if empty
   */
  RestoreReport run(Collection<Fingerprint> keys, boolean listOnly) {
    Set<Digest256> wanted = new HashSet<>();
    keys.forEach(key -> wanted.add(key.digest()));
    try {
      QuarantinedRuns found = engine.quarantine.runs();
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
      throw StoreFailures.ofReading(
          "cannot look at the quarantine", engine.quarantine.directory(), e);
    }
    return new RestoreReport(List.copyOf(items));
  }

  private void unknown(Quarantine.Held held) {
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
    KeyDirectory directory = engine.directory(run.key());
    List<Path> files = halves.stream().map(Half::path).toList();
    try {
      StringBuilder why = new StringBuilder();
      Fit fit = find(directory, run.runId(), halves, why);
      String written = fit == null ? "" : ", here written=" + fit.manifest().manifest().written();
      if (PairCheck.of(engine, directory, run.runId()).whole()) {
        add(run, halves, files, Outcome.IN_PLACE, "a whole entry is in place" + written, null);
      } else if (fit == null) {
        add(run, halves, files, Outcome.NOT_WHOLE, why.toString(), null);
      } else {
        Outcome outcome = isInTheWay(directory, run.runId(), fit);
        if (outcome == null) {
          outcome = listOnly ? Outcome.RESTORABLE : publish(directory, run.runId(), fit);
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
      add(run, halves, files, Outcome.FAILED, StoreFailures.describe(e), null);
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
      @Nullable Fit fit) {
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
            Optional.of(Fingerprint.fromHex(run.key().toHex())),
            run.runId(),
            outcome,
            detail,
            reason.toString(),
            List.copyOf(names),
            fit == null ? -1 : fit.payload().facts().size()));
  }

  /** The fit of the latest written manifest; null, and why, if there is none. */
  private @Nullable Fit find(
      KeyDirectory directory, String runId, List<Half> halves, StringBuilder why)
      throws IOException {
    List<ManifestSource> manifests = new ArrayList<>();
    List<Source> payloads = new ArrayList<>();
    // What came to quarantine last comes first.
    for (int at = halves.size() - 1; at >= 0; at--) {
      Half half = halves.get(at);
      look(half.path(), half.manifest(), true, manifests, payloads, why);
    }
    look(directory.manifest(runId), true, false, manifests, payloads, why);
    look(directory.payload(runId), false, false, manifests, payloads, why);
    manifests.sort(
        Comparator.comparing((ManifestSource each) -> each.manifest().written()).reversed());
    Map<Path, Digest256> checksums = new HashMap<>();
    for (ManifestSource manifest : manifests) {
      for (Source payload : payloads) {
        if (payload.facts().size() == manifest.manifest().payloadBytes()
            && (payload.quarantined() || manifest.source().quarantined())
            && manifest.manifest().checksum().equals(checksum(payload, checksums))) {
          return new Fit(manifest, payload);
        }
      }
    }
    if (why.isEmpty()) {
      why.append(manifests.isEmpty() ? "no manifest" : payloads.isEmpty() ? "no payload" : "");
    }
    if (why.isEmpty()) {
      Manifest manifest = manifests.get(0).manifest();
      why.append("no payload fits: expected=")
          .append(manifest.payloadBytes())
          .append(" bytes, ")
          .append(manifest.checksum().toHex());
      payloads.forEach(
          each ->
              why.append(" actual=")
                  .append(each.facts().size())
                  .append(" bytes, ")
                  .append(checksums.containsKey(each.path()) ? checksums.get(each.path()) : "?"));
    }
    return null;
  }

  private void look(
      Path path,
      boolean manifest,
      boolean quarantined,
      List<ManifestSource> manifests,
      List<Source> payloads,
      StringBuilder why)
      throws IOException {
    try {
      if (manifest) {
        ManifestFile file = ManifestFile.read(engine.ops, path);
        Source source = new Source(path, quarantined, file.facts());
        manifests.add(new ManifestSource(source, file.manifest()));
      } else {
        FileFacts facts = engine.ops.stat(path);
        if (facts.regular()) {
          payloads.add(new Source(path, quarantined, facts));
        }
      }
    } catch (ManifestFormatException e) {
      why.append(why.isEmpty() ? "" : "; ").append(e.getMessage());
    } catch (NoSuchFileException e) {
      // Not there, or a sibling's sweep was faster.
    }
  }

  private Digest256 checksum(Source payload, Map<Path, Digest256> known) throws IOException {
    Digest256 checksum = known.get(payload.path());
    if (checksum == null) {
      checksum = engine.reader.checksum(payload.path());
      known.put(payload.path(), checksum);
    }
    return checksum;
  }

  /** Whether somebody may be writing the run; null if it may come back. */
  private @Nullable Outcome isInTheWay(KeyDirectory directory, String runId, Fit fit)
      throws IOException {
    if (KeyScan.forLookup(engine.ops, directory).foreignManifestStaged(runId)) {
      return Outcome.BEING_WRITTEN;
    }
    for (Path other : others(directory, runId, fit)) {
      if (!engine.ages.isOlder(other, ChangeAges.SETTLED_NANOS)) {
        return Outcome.BEING_WRITTEN;
      }
    }
    return null;
  }

  /** What is in place and no part of what comes back. */
  private List<Path> others(KeyDirectory directory, String runId, Fit fit) throws IOException {
    List<Path> others = new ArrayList<>();
    for (Path half : List.of(directory.manifest(runId), directory.payload(runId))) {
      if (!half.equals(fit.manifest().source().path()) && !half.equals(fit.payload().path())) {
        try {
          engine.ops.stat(half);
          others.add(half);
        } catch (NoSuchFileException e) {
          // The usual case.
        }
      }
    }
    return others;
  }

  private Outcome publish(KeyDirectory directory, String runId, Fit fit) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try (OpenDirectories.Use open = engine.openDirectories.use(directory)) {
        Outcome outcome = publishStaged(directory, runId, fit);
        if (outcome == Outcome.RESTORED) {
          open.sync();
          engine.quarantine.remove(fit.quarantined());
        }
        return outcome;
      } catch (NoSuchFileException e) {
        // A sibling has removed the directory while it was empty; or the sweep the files.
        if (attempt == MOST_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private Outcome publishStaged(KeyDirectory directory, String runId, Fit fit) throws IOException {
    List<Path> staged = new ArrayList<>();
    IOException unused = new IOException("not published");
    try {
      Path payload = stage(directory, runId, StagedName.Role.PAYLOAD, fit.payload(), staged);
      Path manifest =
          stage(directory, runId, StagedName.Role.MANIFEST, fit.manifest().source(), staged);
      return commit(directory, runId, fit, payload, manifest);
    } finally {
      // Those that were not renamed. What they are names of lies in quarantine still.
      staged.forEach(each -> engine.stager.discard(each, unused));
    }
  }

  private @Nullable Path stage(
      KeyDirectory directory, String runId, StagedName.Role role, Source source, List<Path> staged)
      throws IOException {
    if (!source.quarantined()) {
      return null;
    }
    Path path = engine.stager.stageLink(directory, runId, role, source.path());
    staged.add(path);
    return path;
  }

  private Outcome commit(
      KeyDirectory directory,
      String runId,
      Fit fit,
      @Nullable Path payload,
      @Nullable Path manifest)
      throws IOException {
    try (KeyLocks.Hold hold = engine.lock(directory)) {
      if (!hold.shared()) {
        return Outcome.BEING_WRITTEN;
      }
      if (PairCheck.of(engine, directory, runId).whole()) {
        return Outcome.IN_PLACE;
      }
      Outcome inTheWay = isInTheWay(directory, runId, fit);
      if (inTheWay != null
          || !isUnchanged(fit.payload())
          || !isUnchanged(fit.manifest().source())) {
        return Outcome.BEING_WRITTEN;
      }
      List<Path> others = others(directory, runId, fit);
      engine.index.changing(directory);
      try {
        if (!others.isEmpty()) {
          hold.countRemoval();
          engine.quarantine.take(
              directory.key(), "in the way of what was restored: run=" + runId, others);
        }
        if (payload != null) {
          engine.ops.rename(payload, directory.payload(runId));
        }
        if (manifest != null) {
          engine.ops.rename(manifest, directory.manifest(runId));
        }
      } finally {
        engine.index.changed(directory);
      }
      tellIndex(hold, directory, runId, fit);
      return Outcome.RESTORED;
    }
  }

  /** Half in place that was to be part of the entry: whether it is what was hashed. */
  private boolean isUnchanged(Source source) throws IOException {
    return source.quarantined() || engine.ops.stat(source.path()).sameContentAs(source.facts());
  }

  private void tellIndex(KeyLocks.Hold hold, KeyDirectory directory, String runId, Fit fit)
      throws IOException {
    long now = engine.clock.nanoTime();
    engine.touches.note(directory.key(), new Candidate(runId, fit.manifest().manifest()), now);
    // No bytes are counted in both places: another process's sweep would make room for them.
    List<Path> moved = fit.quarantined();
    engine
        .records()
        .quarantineHas(
            engine.quarantine.list().stream()
                .filter(held -> !moved.contains(held.path()))
                .mapToLong(Quarantine.Held::bytes)
                .sum());
    KeyCount.under(engine, hold, directory);
  }
}
