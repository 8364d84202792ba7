package io.warmstart.jmh.peer;

import io.warmstart.jmh.workload.Key;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What no durable save goes below: the payload written into blocks that are there, and one sync of
 * the data. No store: where a key's payload lies is known in memory alone, and one that is not
 * overwritten for long is lost when the file begins again.
 */
final class FloorPeer implements Peer {
  private record Place(long position, int length) {}

  private final WrittenBlocks blocks;
  private final Map<Key, Place> places = new HashMap<>();

  FloorPeer(Path root) throws IOException {
    blocks = new WrittenBlocks(root.resolve("floor"));
  }

  @Override
  public void save(Key key, long number, byte[] payload) throws IOException {
    overwrite(key, number, payload);
  }

  @Override
  public synchronized void overwrite(Key key, long number, byte[] payload) throws IOException {
    places.put(key, new Place(blocks.append(payload), payload.length));
  }

  private synchronized byte[] payload(Key key) throws IOException {
    Place place = places.get(key);
    byte[] payload = new byte[place == null ? 0 : place.length()];
    if (place != null) {
      blocks.read(place.position(), payload);
    }
    return payload;
  }

  @Override
  public Reader reader() {
    return new Reader() {
      @Override
      public int lastByte(Key key) throws IOException {
        byte[] payload = payload(key);
        return payload.length == 0 ? -1 : payload[payload.length - 1] & 0xff;
      }

      @Override
      public int copy(Key key, byte[] target) throws IOException {
        byte[] payload = payload(key);
        System.arraycopy(payload, 0, target, 0, payload.length);
        return payload.length == 0 ? -1 : payload.length;
      }

      @Override
      public void close() {
        // It holds nothing.
      }
    };
  }

  @Override
  public void close() throws IOException {
    blocks.close();
  }
}
