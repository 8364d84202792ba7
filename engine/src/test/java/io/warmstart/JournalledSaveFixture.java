package io.warmstart;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A root, saves of a run that lie in the journal, and what is found of them. */
abstract class JournalledSaveFixture extends JournalFixture {
  static final Fingerprint KEY = Payloads.key("journalled");

  static void save(WarmStartStore store, String version) {
    save(store, version, 1000);
  }

  static void save(WarmStartStore store, String version, int length) {
    store.saveOverwrite(KEY, RUN, Versions.payload(version, length), EntryAttributes.checkpoint());
  }

  /** Saves until the journal takes one: a process's first save does not wait for a segment. */
  static void warmUp(WarmStartStore store) {
    Journalled.until(store, () -> save(store, "warm"));
    store.flush();
  }

  static String found(WarmStartStore store) {
    return found(store, Ranking.LATEST);
  }

  static String found(WarmStartStore store, Ranking ranking) {
    return Versions.found(store.lookup(KEY, ranking), "none");
  }

  Map<String, String> inFiles() throws IOException {
    return RootFiles.read(root).whole;
  }

  String pair() throws IOException {
    return inFiles().getOrDefault(FaultScenario.entry(KEY, RUN), "none");
  }

  /** Whether the files are those of a version, while they may be replaced. */
  boolean pairIs(String version) throws IOException {
    Path payload = root.resolve(KEY.toHex()).resolve(RUN + ".bin");
    return Versions.nameOf(Files.readAllBytes(payload)).equals(version);
  }

  List<Path> segments() throws IOException {
    Path journal = root.resolve(".warmstart/journal");
    if (!Files.exists(journal)) {
      return List.of();
    }
    try (var files = Files.list(journal)) {
      return files.toList();
    }
  }
}
