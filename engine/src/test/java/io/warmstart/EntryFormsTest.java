package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.testing.Seeds;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The forms in which an entry gives its payload: all the same bytes, and none that can be freed.
 */
@ExtendWith(Seeds.class)
class EntryFormsTest {
  @TempDir Path root;
  private final Fingerprint key = Payloads.key("k");

  /** The last is mapped and not copied. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, 70_000, (16 << 20) + 1})
  void allHaveTheSameBytes(int length) throws Exception {
    byte[] payload = new byte[length];
    new Random(length).nextBytes(payload);
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.save(key, payload, EntryAttributes.checkpoint());
      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertArrayEquals(payload, Payloads.bytes(entry));
        byte[] ofBuffer = new byte[length];
        entry.buffer().get(ofBuffer);
        assertArrayEquals(payload, ofBuffer);
        assertArrayEquals(payload, entry.stream().readAllBytes());
        ByteArrayOutputStream transferred = new ByteArrayOutputStream();
        assertEquals(length, entry.stream().transferTo(transferred));
        assertArrayEquals(payload, transferred.toByteArray());
      }
    }
  }

  @Test
  void aStreamReadsSkipsAndGoesBackAsOneOverAnArray(Random random) throws Exception {
    byte[] payload = new byte[1000];
    random.nextBytes(payload);
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.save(key, payload, EntryAttributes.checkpoint());
      try (Entry entry = store.lookup(key).orElseThrow()) {
        InputStream actual = entry.stream();
        InputStream expected = new ByteArrayInputStream(payload);
        for (int step = 0; step < 500; step++) {
          switch (random.nextInt(6)) {
            case 0 -> assertEquals(expected.read(), actual.read());
            case 1 -> {
              int skipped = random.nextInt(40) - 5;
              assertEquals(expected.skip(skipped), actual.skip(skipped));
            }
            case 2 -> {
              expected.mark(0);
              actual.mark(0);
            }
            case 3 -> {
              expected.reset();
              actual.reset();
            }
            default -> {
              byte[] some = new byte[random.nextInt(60)];
              byte[] same = some.clone();
              int offset = random.nextInt(some.length + 1);
              int length = random.nextInt(some.length - offset + 1);
              int count = expected.read(some, offset, length);
              // An array's says that it is at its end even to a reader that asks for nothing.
              assertEquals(length == 0 ? 0 : count, actual.read(same, offset, length));
              assertTrue(Arrays.equals(some, same));
            }
          }
          assertEquals(expected.available(), actual.available());
        }
      }
    }
  }

  @Test
  void afterCloseAStreamIsAnErrorAndABufferStays() throws Exception {
    byte[] payload = Versions.payload("v", 5000);
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.save(key, payload, EntryAttributes.checkpoint());
      Entry entry = new Entry();
      assertThrows(IllegalStateException.class, entry::buffer);
      assertThrows(IllegalStateException.class, entry::stream);
      assertTrue(store.lookup(key, Ranking.LATEST, entry));
      InputStream stream = entry.stream();
      ByteBuffer buffer = entry.buffer();
      assertEquals(payload[0] & 0xff, stream.read());

      store.saveOverwrite(key, entry.runId(), new byte[10], EntryAttributes.checkpoint());
      assertEquals(payload[1] & 0xff, stream.read(), "overwritten meanwhile");
      // Refilled, it shows another payload: the stream is of the old one.
      assertTrue(store.lookup(key, Ranking.LATEST, entry));
      assertThrows(IOException.class, stream::read);
      entry.close();

      assertThrows(IOException.class, () -> stream.read(new byte[5]));
      assertThrows(IOException.class, () -> stream.skip(1));
      assertThrows(IOException.class, stream::available);
      assertThrows(IOException.class, stream::reset);
      byte[] kept = new byte[payload.length];
      buffer.get(kept);
      assertArrayEquals(payload, kept);
      assertThrows(ReadOnlyBufferException.class, () -> buffer.put(0, (byte) 1));
    }
  }
}
