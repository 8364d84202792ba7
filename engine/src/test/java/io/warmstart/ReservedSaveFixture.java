package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A root, and saves of two runs whose payloads are written into the memory that they lie in. */
abstract class ReservedSaveFixture extends JournalFixture {
  static final Fingerprint KEY = Payloads.key("reserved");
  static final Fingerprint OTHER = Payloads.key("other");
  static final EntryAttributes CHECKPOINT = EntryAttributes.checkpoint();

  WarmStartStore openReadOnly() {
    return WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true));
  }

  static void save(WarmStartStore store, Fingerprint key, String version) {
    store.saveOverwrite(key, RUN, Versions.payload(version, 1000), CHECKPOINT);
  }

  /** Until the journal takes saves of both keys' runs. */
  static void warmUp(WarmStartStore store) {
    for (Fingerprint key : List.of(OTHER, KEY)) {
      Journalled.until(store, () -> save(store, key, "warm"));
    }
    store.flush();
  }

  static Reservation reserve(WarmStartStore store, String version) {
    return reserve(store, version, 1000);
  }

  /** Reserves, and writes all of it. */
  static Reservation reserve(WarmStartStore store, String version, int length) {
    Reservation reserved = store.reserveOverwrite(KEY, RUN, length, CHECKPOINT);
    assertEquals(length, reserved.buffer().capacity());
    reserved.buffer().putBytes(0, Versions.payload(version, length));
    return reserved;
  }

  static String found(WarmStartStore store, Fingerprint key) {
    return Versions.found(store.lookup(key, Ranking.LATEST), "none");
  }

  static String found(WarmStartStore store) {
    return found(store, KEY);
  }

  String pair() throws IOException {
    return Versions.nameOf(Files.readAllBytes(root.resolve(KEY.toHex()).resolve(RUN + ".bin")));
  }

  List<Path> segments() throws IOException {
    try (var files = Files.list(root.resolve(".warmstart/journal"))) {
      return files.toList();
    }
  }

  static StoreListener telling(List<String> told) {
    return new StoreListener() {
      @Override
      public void trouble(StoreTrouble trouble) {
        told.add(trouble.text());
      }
    };
  }
}
