package io.warmstart.jmh.peer;

import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/**
 * RocksDB, set up by its own preset for point lookups, with a block cache that holds everything.
 *
 * <p>A lookup gets into a direct buffer that the thread uses again: RocksDB copies every value. A
 * save puts with {@code sync}, or without.
 *
 * <p>A log is not written in place: it grows, and a sync of it has the file system's metadata to
 * write too. With recycled logs it is, once a log has been filled and become superfluous; so some
 * are, before anything is measured.
 */
final class RocksDbPeer implements Peer {
  private static final long LEAST_CACHE_MIB = 64;

  /** RocksDB's default for what is in memory, and so for the length of a log. */
  private static final int LOG_BYTES = 64 << 20;

  private static final int RECYCLED_LOGS = 4;
  private static final int FILLED_LOGS = 5;

  /** Under which nothing is measured. */
  private static final Key FILLING_LOGS = Key.of(-1);

  /** What happens to the log. */
  enum Log {
    SYNCED,
    RECYCLED_AND_SYNCED,
    UNSYNCED
  }

  static {
    RocksDB.loadLibrary();
  }

  private final Options options;
  private final WriteOptions saving;
  private final RocksDB store;
  private final int payloadBytes;

  RocksDbPeer(Path root, Sizing sizing, Log log) throws IOException {
    saving = new WriteOptions().setSync(log != Log.UNSYNCED);
    payloadBytes = sizing.payloadBytes();
    options =
        new Options()
            .setCreateIfMissing(true)
            .optimizeForPointLookup(LEAST_CACHE_MIB + ((2 * sizing.bytes()) >> 20))
            // The payloads do not compress.
            .setCompressionType(CompressionType.NO_COMPRESSION)
            .setWriteBufferSize(LOG_BYTES)
            .setRecycleLogFileNum(log == Log.RECYCLED_AND_SYNCED ? RECYCLED_LOGS : 0);
    try {
      store = RocksDB.open(options, root.toString());
    } catch (RocksDBException e) {
      saving.close();
      options.close();
      throw new IOException("cannot open root=" + root, e);
    }
    boolean ready = false;
    try {
      if (log == Log.RECYCLED_AND_SYNCED) {
        fillLogs();
      }
      ready = true;
    } finally {
      if (!ready) {
        close();
      }
    }
  }

  /** Writes several logs to their ends: the later ones are earlier ones that were superfluous. */
  private void fillLogs() throws IOException {
    byte[] piece = new byte[1 << 20];
    for (long written = 0; written < (long) FILLED_LOGS * LOG_BYTES; written += piece.length) {
      put(saving, FILLING_LOGS.bytes(), piece);
    }
  }

  @Override
  public void save(Key key, long number, byte[] payload) throws IOException {
    put(saving, key.bytesOfRun(number), payload);
  }

  @Override
  public void overwrite(Key key, long number, byte[] payload) throws IOException {
    put(saving, key.bytes(), payload);
  }

  private void put(WriteOptions how, byte[] key, byte[] payload) throws IOException {
    try {
      store.put(how, key, payload);
    } catch (RocksDBException e) {
      throw new IOException("cannot put", e);
    }
  }

  /** Ends with everything in tables, where a store that has run for a while has it. */
  @Override
  public void fill(Key[] keys, int bytes) throws IOException {
    Payload payload = new Payload(bytes);
    try (WriteOptions unsynced = new WriteOptions();
        FlushOptions waiting = new FlushOptions().setWaitForFlush(true)) {
      for (int i = 0; i < keys.length; i++) {
        put(unsynced, keys[i].bytes(), payload.of(i));
      }
      store.flush(waiting);
    } catch (RocksDBException e) {
      throw new IOException("cannot flush", e);
    }
  }

  @Override
  public Reader reader() {
    return new CopyingReader(store, payloadBytes);
  }

  @Override
  public void close() {
    store.close();
    saving.close();
    options.close();
  }

  private static final class CopyingReader implements Reader {
    private final RocksDB store;
    private final ReadOptions options = new ReadOptions();
    private final ByteBuffer key = ByteBuffer.allocateDirect(Key.BYTES);
    private final ByteBuffer value;

    CopyingReader(RocksDB store, int payloadBytes) {
      this.store = store;
      this.value = ByteBuffer.allocateDirect(payloadBytes);
    }

    private int get(Key entryKey) throws IOException {
      key.clear();
      key.put(entryKey.bytes()).flip();
      value.clear();
      try {
        return store.get(options, key, value);
      } catch (RocksDBException e) {
        throw new IOException("cannot get", e);
      }
    }

    @Override
    public int lastByte(Key entryKey) throws IOException {
      int length = get(entryKey);
      return length == RocksDB.NOT_FOUND ? -1 : value.get(length - 1) & 0xff;
    }

    @Override
    public int copy(Key entryKey, byte[] target) throws IOException {
      int length = get(entryKey);
      if (length == RocksDB.NOT_FOUND) {
        return -1;
      }
      value.get(0, target, 0, length);
      return length;
    }

    @Override
    public void close() {
      options.close();
    }
  }
}
