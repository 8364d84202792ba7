package io.warmstart.jmh.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.warmstart.StoreOptions;
import io.warmstart.jmh.workload.Key;
import io.warmstart.model.Durability;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class JournalCheckTest {
  /** More than a quarter of the largest segment, which no journal takes. */
  private static final int TOO_LARGE = 5 << 20;

  @TempDir Path root;

  private WarmStartPeer open() {
    return new WarmStartPeer(root, StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE));
  }

  @Test
  void savesThatWentIntoFilesFailTheirStore() {
    WarmStartPeer peer = open();
    for (int i = 0; i < 3; i++) {
      peer.overwrite(Key.of(0), i, new byte[TOO_LARGE]);
    }

    IllegalStateException failure = assertThrows(IllegalStateException.class, peer::close);
    assertEquals("saves that went into files instead of the journal: 2 of 2", failure.getMessage());
  }

  @Test
  void savesThatWentIntoTheJournalDoNot() {
    try (WarmStartPeer peer = open()) {
      for (int i = 0; i < 20; i++) {
        peer.overwrite(Key.of(0), i, new byte[9]);
      }
    }
  }
}
