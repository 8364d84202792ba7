package io.warmstart.jmh.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * That each peer does what it is measured at. Those that need flags which this JVM does not have
 * are tried by the smoke test, in a fork. The floor is no store.
 */
@Tag("slow")
class PeersTest {
  private static final int BYTES = 5000;

  @TempDir Path root;

  static Stream<PeerKind> peersWithoutFlags() {
    return Arrays.stream(PeerKind.values())
        .filter(kind -> kind.jvmFlags().isEmpty() && kind != PeerKind.FLOOR);
  }

  @ParameterizedTest
  @MethodSource("peersWithoutFlags")
  void overwritesReplaceAndOutliveTheStore(PeerKind kind) throws IOException {
    Sizing sizing = new Sizing(100, BYTES);
    Key[] keys = Key.first(20);
    Payload payload = new Payload(BYTES);
    try (Peer peer = kind.open(root, sizing)) {
      peer.fill(keys, BYTES);
      peer.overwrite(keys[3], 77, payload.of(77));
      assertHolds(peer, keys[3], 77);
    }

    try (Peer peer = kind.open(root, sizing)) {
      assertHolds(peer, keys[3], 77);
      assertHolds(peer, keys[4], 4);
      try (Reader reader = peer.reader()) {
        assertEquals(-1, reader.lastByte(Key.of(1000)));
        assertEquals(-1, reader.copy(Key.of(1000), new byte[BYTES]));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("peersWithoutFlags")
  void savesLeaveOtherEntriesAlone(PeerKind kind) throws IOException {
    Key[] keys = Key.first(2);
    Payload payload = new Payload(BYTES);
    try (Peer peer = kind.open(root, new Sizing(100, BYTES))) {
      peer.overwrite(keys[0], 1, payload.of(1));
      peer.save(keys[1], 2, payload.of(2));
      peer.save(keys[1], 3, payload.of(3));

      assertHolds(peer, keys[0], 1);
    }
  }

  private static void assertHolds(Peer peer, Key key, int number) throws IOException {
    byte[] actual = new byte[BYTES];
    try (Reader reader = peer.reader()) {
      assertEquals(BYTES, reader.copy(key, actual));
      assertArrayEquals(new Payload(BYTES).of(number), actual);
      assertEquals(Payload.lastByteOf(number), reader.lastByte(key));
    }
  }
}
