package io.warmstart;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.entry.Quarantine;
import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.format.DirectoryNames;
import io.warmstart.format.Manifest;
import io.warmstart.index.Counter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Looks at a whole root and changes nothing. */
final class InspectFlow {
  private final Engine engine;
  private final Limits limits;

  InspectFlow(Engine engine, Limits limits) {
    this.engine = engine;
    this.limits = limits;
  }

  List<Fingerprint> keys() {
    try {
      List<Fingerprint> keys = new ArrayList<>();
      for (Digest256 key : digests(engine)) {
        keys.add(Fingerprint.fromHex(key.toHex()));
      }
      return keys;
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot list root", engine.root, e);
    }
  }

  /** The keys of all key directories, sorted. */
  static List<Digest256> digests(Engine engine) throws IOException {
    List<String> names = new ArrayList<>(engine.ops.list(engine.root));
    names.removeIf(name -> !DirectoryNames.isKeyDirectory(name));
    names.sort(null);
    return names.stream().map(Digest256::fromHex).toList();
  }

  /** What lies under one key, by its manifests alone. */
  KeyContents contents(Fingerprint key) {
    KeyDirectory directory = engine.directory(key.digest());
    try {
      KeyScan scan = KeyScan.withSizes(engine.ops, directory);
      long now = engine.clock.nanoTime();
      List<KeyContents.Listed> entries = new ArrayList<>();
      for (Candidate candidate : scan.candidates()) {
        boolean expired = Expiry.expired(engine, limits, directory.key(), candidate, now);
        entries.add(listed(candidate, expired));
      }
      entries.sort(KeyContents.LATEST_FIRST);
      return new KeyContents(
          key,
          List.copyOf(entries),
          KeyCount.bytesOf(engine, directory, scan),
          scan.suspects().size());
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot list key", directory.path(), e);
    }
  }

  private static KeyContents.Listed listed(Candidate candidate, boolean expired) {
    Manifest manifest = candidate.manifest();
    return new KeyContents.Listed(
        candidate.runId(),
        manifest.objective(),
        manifest.iteration(),
        manifest.finalResult() ? EntryKind.FINAL : EntryKind.CHECKPOINT,
        manifest.payloadBytes(),
        manifest.written().unixSecs(),
        manifest.written().nanos(),
        manifest.accessed(),
        manifest.accessedAt().unixSecs(),
        manifest.accessedAt().nanos(),
        expired);
  }

  StoreStats stats() {
    try {
      List<Digest256> keys = digests(engine);
      long entries = 0;
      long bytes = 0;
      long otherFiles = 0;
      long otherBytes = 0;
      for (Digest256 key : keys) {
        KeyDirectory directory = engine.directory(key);
        KeyScan scan = KeyScan.withSizes(engine.ops, directory);
        entries += scan.candidates().size();
        bytes += KeyCount.bytesOf(engine, directory, scan);
        otherFiles += scan.otherFiles();
        otherBytes += scan.otherBytes();
      }
      long quarantineBytes =
          engine.quarantine.list().stream().mapToLong(Quarantine.Held::bytes).sum();
      return new StoreStats(
          entries,
          keys.size(),
          bytes + quarantineBytes,
          quarantineBytes,
          otherFiles,
          otherBytes,
          limits.budgetInForce()
              ? limits.sizeBudgetBytes()
              : Math.max(limits.sizeBudgetBytes(), bytes + quarantineBytes),
          engine.liveProcesses(),
          counters());
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot look at root", engine.root, e);
    }
  }

  private Map<String, Long> counters() {
    engine.counters.carryOver(engine.coordination().orElse(null));
    Map<String, Long> counters = new LinkedHashMap<>();
    for (Counter counter : Counter.values()) {
      long value =
          engine
              .coordination()
              .map(shared -> shared.sum(counter))
              .orElseGet(() -> engine.counters.own(counter));
      counters.put(counter.name().toLowerCase(Locale.ROOT), value);
    }
    return counters;
  }
}
