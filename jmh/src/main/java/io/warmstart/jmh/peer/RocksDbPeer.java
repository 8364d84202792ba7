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
 * save puts with {@code sync}.
 */
final class RocksDbPeer implements Peer {
  private static final long LEAST_CACHE_MIB = 64;

  static {
    RocksDB.loadLibrary();
  }

  private final Options options;
  private final WriteOptions synced = new WriteOptions().setSync(true);
  private final RocksDB store;
  private final int payloadBytes;

  RocksDbPeer(Path root, Sizing sizing) throws IOException {
    payloadBytes = sizing.payloadBytes();
    options =
        new Options()
            .setCreateIfMissing(true)
            .optimizeForPointLookup(LEAST_CACHE_MIB + ((2 * sizing.bytes()) >> 20))
            // The payloads do not compress.
            .setCompressionType(CompressionType.NO_COMPRESSION);
    try {
      store = RocksDB.open(options, root.toString());
    } catch (RocksDBException e) {
      synced.close();
      options.close();
      throw new IOException("cannot open root=" + root, e);
    }
  }

  @Override
  public void save(Key key, long number, byte[] payload) throws IOException {
    put(synced, key.bytesOfRun(number), payload);
  }

  @Override
  public void overwrite(Key key, long number, byte[] payload) throws IOException {
    put(synced, key.bytes(), payload);
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
    synced.close();
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
