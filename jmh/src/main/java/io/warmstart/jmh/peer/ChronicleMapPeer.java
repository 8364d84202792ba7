package io.warmstart.jmh.peer;

import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import net.openhft.chronicle.hash.impl.VanillaChronicleHash;
import net.openhft.chronicle.map.ChronicleMap;

/**
 * Chronicle Map, persisted to a file, with constant key and value sizes, which its documentation
 * calls the most efficient.
 *
 * <p>A lookup is {@code getUsing} with an array that the thread uses again: it copies every value.
 * A save puts and then, if it is to survive a power cut, syncs the map's file, since a put alone is
 * only in the page cache.
 */
final class ChronicleMapPeer implements Peer {
  static final List<String> JVM_FLAGS =
      List.of(
          ChronicleMapFlags.EXPORT_REF,
          ChronicleMapFlags.EXPORT_CHANNELS,
          ChronicleMapFlags.EXPORT_COMPILER,
          ChronicleMapFlags.OPEN_LANG,
          ChronicleMapFlags.OPEN_REFLECT);

  private final ChronicleMap<byte[], byte[]> map;
  private final int payloadBytes;
  private final boolean synced;

  ChronicleMapPeer(Path root, Sizing sizing, boolean synced) throws IOException {
    this.synced = synced;
    payloadBytes = sizing.payloadBytes();
    map =
        ChronicleMap.of(byte[].class, byte[].class)
            .name("benchmark")
            .constantKeySizeBySample(new byte[Key.BYTES])
            .constantValueSizeBySample(new byte[payloadBytes])
            .entries(sizing.entries())
            // A put that returns the value before would copy it.
            .putReturnsNull(true)
            .createPersistedTo(root.resolve("map").toFile());
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
    map.put(key, payload);
    if (synced) {
      sync();
    }
  }

  private void sync() {
    ((VanillaChronicleHash<?, ?, ?, ?>) map).msync();
  }

  @Override
  public void fill(Key[] keys, int bytes) {
    Payload payload = new Payload(bytes);
    for (int i = 0; i < keys.length; i++) {
      map.put(keys[i].bytes(), payload.of(i));
    }
    sync();
  }

  @Override
  public Reader reader() {
    return new UsingReader(map, payloadBytes);
  }

  @Override
  public void close() {
    map.close();
  }

  private static final class UsingReader implements Reader {
    private final ChronicleMap<byte[], byte[]> map;
    private final byte[] using;

    UsingReader(ChronicleMap<byte[], byte[]> map, int payloadBytes) {
      this.map = map;
      this.using = new byte[payloadBytes];
    }

    @Override
    public int lastByte(Key key) {
      byte[] value = map.getUsing(key.bytes(), using);
      return value == null ? -1 : value[value.length - 1] & 0xff;
    }

    @Override
    public int copy(Key key, byte[] target) {
      byte[] value = map.getUsing(key.bytes(), target);
      return value == null ? -1 : value.length;
    }

    @Override
    public void close() {
      // It holds nothing but memory.
    }
  }
}
