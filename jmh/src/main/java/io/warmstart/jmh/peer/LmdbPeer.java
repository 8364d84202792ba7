package io.warmstart.jmh.peer;

import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.DirectBufferProxy;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.Txn;

/**
 * LMDB through lmdbjava's Agrona buffers, which its authors measure as its fastest.
 *
 * <p>A lookup renews a read transaction that the thread keeps, copies the key into a direct buffer,
 * reads the value where it lies in the mapping, and resets the transaction, so that it keeps no old
 * pages from being used again: what LMDB's documentation asks of a reader that lives long. A save
 * is a write transaction, synced as it is by default unless a flag says otherwise.
 */
final class LmdbPeer implements Peer {
  private static final int MOST_READERS = 126;
  private static final long PAGE_BYTES = 4096;

  private final Env<DirectBuffer> env;
  private final Dbi<DirectBuffer> entries;
  private final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(Key.BYTES));

  LmdbPeer(Path root, Sizing sizing, EnvFlags... more) {
    EnvFlags[] flags = Arrays.copyOf(more, more.length + 1);
    // One thread may then hold two readers, which a check beside a benchmark does.
    flags[more.length] = EnvFlags.MDB_NOTLS;
    env =
        Env.create(DirectBufferProxy.PROXY_DB)
            .setMapSize(mapBytes(sizing))
            .setMaxDbs(1)
            .setMaxReaders(MOST_READERS)
            .open(root.toFile(), flags);
    entries = env.openDbi("entries", DbiFlags.MDB_CREATE);
  }

  /**
   * Room for twice the pages, since a save writes new pages for what it changes, and for the tree.
   */
  private static long mapBytes(Sizing sizing) {
    long pagesPerEntry = sizing.payloadBytes() / PAGE_BYTES + 2;
    return (2 * sizing.entries() * pagesPerEntry + (1 << 14)) * PAGE_BYTES;
  }

  @Override
  public void save(Key entryKey, long number, byte[] payload) {
    put(entryKey.bytesOfRun(number), payload);
  }

  @Override
  public void overwrite(Key entryKey, long number, byte[] payload) {
    put(entryKey.bytes(), payload);
  }

  private synchronized void put(byte[] keyBytes, byte[] payload) {
    try (Txn<DirectBuffer> txn = env.txnWrite()) {
      put(txn, keyBytes, payload);
      txn.commit();
    }
  }

  /** Reserves the value in the mapping and writes it there: one copy instead of two. */
  private void put(Txn<DirectBuffer> txn, byte[] keyBytes, byte[] payload) {
    key.putBytes(0, keyBytes);
    ((UnsafeBuffer) entries.reserve(txn, key, payload.length)).putBytes(0, payload);
  }

  @Override
  public synchronized void fill(Key[] keys, int payloadBytes) {
    Payload payload = new Payload(payloadBytes);
    try (Txn<DirectBuffer> txn = env.txnWrite()) {
      for (int i = 0; i < keys.length; i++) {
        put(txn, keys[i].bytes(), payload.of(i));
      }
      txn.commit();
    }
  }

  @Override
  public Reader reader() {
    return new RenewingReader(env, entries);
  }

  @Override
  public void close() {
    env.close();
  }

  private static final class RenewingReader implements Reader {
    private final Dbi<DirectBuffer> entries;
    private final Txn<DirectBuffer> txn;
    private final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(Key.BYTES));

    RenewingReader(Env<DirectBuffer> env, Dbi<DirectBuffer> entries) {
      this.entries = entries;
      this.txn = env.txnRead();
      txn.reset();
    }

    @Override
    public int lastByte(Key entryKey) {
      txn.renew();
      try {
        key.putBytes(0, entryKey.bytes());
        DirectBuffer value = entries.get(txn, key);
        return value == null ? -1 : value.getByte(value.capacity() - 1) & 0xff;
      } finally {
        txn.reset();
      }
    }

    @Override
    public int copy(Key entryKey, byte[] target) {
      txn.renew();
      try {
        key.putBytes(0, entryKey.bytes());
        DirectBuffer value = entries.get(txn, key);
        if (value == null) {
          return -1;
        }
        value.getBytes(0, target, 0, value.capacity());
        return value.capacity();
      } finally {
        txn.reset();
      }
    }

    @Override
    public void close() {
      txn.close();
    }
  }
}
