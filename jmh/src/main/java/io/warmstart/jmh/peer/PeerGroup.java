package io.warmstart.jmh.peer;

import java.util.Arrays;
import java.util.List;

/** Stores that are measured beside each other; the first is the one that others are set against. */
public enum PeerGroup {
  /** Each store once, with saves as durable as it makes them. */
  ALL,
  /** One sync in the journal, beside the fastest that survive a power cut too, and the floor. */
  POWER_SAFE,
  /** Nothing synced: saves that survive the death of every process. */
  PROCESS_SAFE;

  /** The stores. */
  public List<PeerKind> kinds() {
    return switch (this) {
      case ALL ->
          List.of(
              PeerKind.WARMSTART,
              PeerKind.LMDB,
              PeerKind.ROCKSDB,
              PeerKind.CHRONICLE_MAP,
              PeerKind.MVSTORE,
              PeerKind.PLAIN_FILES,
              PeerKind.ORIGINAL,
              PeerKind.ORIGINAL_0_3_122);
      case POWER_SAFE ->
          List.of(
              PeerKind.WARMSTART_POWER_SAFE,
              PeerKind.LMDB,
              PeerKind.ROCKSDB,
              PeerKind.ROCKSDB_RECYCLED,
              PeerKind.WARMSTART,
              PeerKind.ORIGINAL,
              PeerKind.FLOOR);
      case PROCESS_SAFE ->
          List.of(
              PeerKind.WARMSTART_PROCESS_SAFE,
              PeerKind.LMDB_UNSYNCED,
              PeerKind.ROCKSDB_UNSYNCED,
              PeerKind.CHRONICLE_MAP_UNSYNCED);
    };
  }

  /** Those of a group's name, or of names of stores with {@code +} between them. */
  public static List<PeerKind> parse(String names) {
    for (PeerGroup group : values()) {
      if (group.name().equals(names)) {
        return group.kinds();
      }
    }
    return Arrays.stream(names.split("\\+", -1)).map(PeerKind::valueOf).toList();
  }
}
