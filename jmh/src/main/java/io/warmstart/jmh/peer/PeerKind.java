package io.warmstart.jmh.peer;

import io.warmstart.jmh.peer.RocksDbPeer.Log;
import io.warmstart.model.Durability;
import io.warmstart.stress.original.OriginalStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.lmdbjava.EnvFlags;

/** Which store a benchmark runs on, and how it saves. {@link PeerGroup} says what is compared. */
public enum PeerKind {
  WARMSTART(
      "warmstart", "staged files and their directory synced, then renamed; survives a power cut") {
    @Override
    public Peer open(Path root, Sizing sizing) {
      return new WarmStartPeer(root, sizing, Durability.IN_FILES);
    }
  },
  WARMSTART_POWER_SAFE(
      "warmstart power-safe", "journal synced once for each save; survives a power cut") {
    @Override
    public Peer open(Path root, Sizing sizing) {
      return new WarmStartPeer(root, sizing, Durability.POWER_SAFE);
    }
  },
  WARMSTART_PROCESS_SAFE(
      "warmstart process-safe", "in the journal, nothing synced; survives the processes") {
    @Override
    public Peer open(Path root, Sizing sizing) {
      return new WarmStartPeer(root, sizing, Durability.PROCESS_SAFE);
    }
  },
  LMDB("LMDB", "the default: data synced, then the meta page; survives a power cut") {
    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new LmdbPeer(root, sizing);
    }
  },
  LMDB_UNSYNCED(
      "LMDB unsynced",
      "MDB_NOSYNC; survives the processes, while a power cut may leave the whole store broken") {
    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new LmdbPeer(root, sizing, EnvFlags.MDB_NOSYNC);
    }
  },
  ROCKSDB("RocksDB", "write-ahead log synced for each write; survives a power cut") {
    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new RocksDbPeer(root, sizing, Log.SYNCED);
    }
  },
  ROCKSDB_RECYCLED(
      "RocksDB, logs recycled",
      "the same, into logs of before whose blocks are written; survives a power cut") {
    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new RocksDbPeer(root, sizing, Log.RECYCLED_AND_SYNCED);
    }
  },
  ROCKSDB_UNSYNCED(
      "RocksDB unsynced", "write-ahead log written for each write; survives the processes") {
    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new RocksDbPeer(root, sizing, Log.UNSYNCED);
    }
  },
  CHRONICLE_MAP(
      "Chronicle Map",
      "its file synced after each put; written in place, so that a power cut during the put may"
          + " leave an entry that its checksum refuses") {
    @Override
    public List<String> jvmFlags() {
      return ChronicleMapPeer.JVM_FLAGS;
    }

    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new ChronicleMapPeer(root, sizing, true);
    }
  },
  CHRONICLE_MAP_UNSYNCED(
      "Chronicle Map unsynced", "in its mapped file after each put; survives the processes") {
    @Override
    public List<String> jvmFlags() {
      return ChronicleMapPeer.JVM_FLAGS;
    }

    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new ChronicleMapPeer(root, sizing, false);
    }
  },
  MVSTORE("H2 MVStore", "committed and synced after each put; survives a power cut") {
    @Override
    public Peer open(Path root, Sizing sizing) {
      return new MvStorePeer(root);
    }
  },
  PLAIN_FILES("plain files", "written, synced, renamed, directory synced; survives a power cut") {
    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new PlainFilesPeer(root);
    }
  },
  ORIGINAL(
      "original",
      "three syncs, one after the other; survives a power cut but for a key's first save") {
    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new OriginalPeer(OriginalStore.Version.NEWER, root, sizing);
    }
  },
  ORIGINAL_0_3_122(
      "original 0.3.122",
      "three syncs, one after the other; survives a power cut but for a key's first save") {
    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new OriginalPeer(OriginalStore.Version.V0_3_122, root, sizing);
    }
  },
  FLOOR("the floor", "no store: written into blocks that are there, and synced") {
    @Override
    public Peer open(Path root, Sizing sizing) throws IOException {
      return new FloorPeer(root);
    }
  };

  private final String label;
  private final String durability;

  PeerKind(String label, String durability) {
    this.label = label;
    this.durability = durability;
  }

  /** Opens the store in a directory that exists. */
  public abstract Peer open(Path root, Sizing sizing) throws IOException;

  /** The name in reports. */
  public String label() {
    return label;
  }

  /** What has happened when a save returns, and what it survives. */
  public String durability() {
    return durability;
  }

  /** The flags that a JVM needs for this store, beside the flags that all forks have. */
  public List<String> jvmFlags() {
    return List.of();
  }
}
