package io.warmstart.jmh.peer;

import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import java.nio.file.Path;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/**
 * H2's MVStore on a file, its commits made by hand as its documentation says for those who want
 * each change stored.
 *
 * <p>A lookup gives the array that its page cache holds: no copy once it is there. A save puts a
 * copy, because the map keeps the array that it is given, commits, and syncs the file.
 */
final class MvStorePeer implements Peer {
  private final MVStore store;
  private final MVMap<byte[], byte[]> entries;

  MvStorePeer(Path root) {
    store =
        new MVStore.Builder()
            .fileName(root.resolve("entries.mv").toString())
            .autoCommitDisabled()
            .cacheSize(256)
            .open();
    entries = store.openMap("entries");
  }

  @Override
  public void save(Key key, long number, byte[] payload) {
    put(key.bytesOfRun(number), payload);
  }

  @Override
  public void overwrite(Key key, long number, byte[] payload) {
    put(key.bytes(), payload);
  }

  private void put(byte[] key, byte[] payload) {
    entries.put(key, payload.clone());
    store.commit();
    store.sync();
  }

  @Override
  public void fill(Key[] keys, int payloadBytes) {
    Payload payload = new Payload(payloadBytes);
    for (int i = 0; i < keys.length; i++) {
      entries.put(keys[i].bytes(), payload.of(i).clone());
    }
    store.commit();
    store.sync();
  }

  @Override
  public Reader reader() {
    return new InPlaceReader(entries);
  }

  @Override
  public void close() {
    store.close();
  }

  private static final class InPlaceReader implements Reader {
    private final MVMap<byte[], byte[]> entries;

    InPlaceReader(MVMap<byte[], byte[]> entries) {
      this.entries = entries;
    }

    @Override
    public int lastByte(Key key) {
      byte[] value = entries.get(key.bytes());
      return value == null ? -1 : value[value.length - 1] & 0xff;
    }

    @Override
    public int copy(Key key, byte[] target) {
      byte[] value = entries.get(key.bytes());
      if (value == null) {
        return -1;
      }
      System.arraycopy(value, 0, target, 0, value.length);
      return value.length;
    }

    @Override
    public void close() {
      // It holds nothing but memory.
    }
  }
}
