package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import net.openhft.chronicle.bytes.Bytes;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever holds a payload, the same bytes are saved, and it is left as it was. */
class PayloadFormsTest {
  /** In front of and behind the payload, in memory that is larger than it. */
  private static final int MARGIN = 13;

  /** None, one, a few; the last two lie beyond one piece and beyond what is copied on reading. */
  private static final int[] LENGTHS = {0, 1, 1000, 128 * 1024 + 1, 256 * 1024};

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("payload forms");
  private WarmStartStore store;

  @BeforeEach
  void open() {
    store = WarmStartStore.open(root);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] payload(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static byte[] withMargins(byte[] payload) {
    byte[] bytes = new byte[payload.length + 2 * MARGIN];
    Arrays.fill(bytes, (byte) 0x5a);
    System.arraycopy(payload, 0, bytes, MARGIN, payload.length);
    return bytes;
  }

  private static ByteBuffer positioned(ByteBuffer buffer, byte[] payload) {
    buffer.put(withMargins(payload));
    return buffer.position(MARGIN).limit(MARGIN + payload.length);
  }

  /** The forms of a payload, each saved in all four ways. */
  enum Form {
    ARRAY {
      @Override
      void save(Consumer<Payload> saver, byte[] payload) {
        saver.accept(Payload.of(payload));
      }
    },
    ARRAY_RANGE {
      @Override
      void save(Consumer<Payload> saver, byte[] payload) {
        saver.accept(Payload.of(withMargins(payload), MARGIN, payload.length));
      }
    },
    HEAP_BUFFER {
      @Override
      void save(Consumer<Payload> saver, byte[] payload) {
        saveBuffer(
            saver, positioned(ByteBuffer.allocate(payload.length + 2 * MARGIN), payload), payload);
      }
    },
    HEAP_SLICE {
      @Override
      void save(Consumer<Payload> saver, byte[] payload) {
        ByteBuffer whole = positioned(ByteBuffer.allocate(payload.length + 2 * MARGIN), payload);
        saveBuffer(saver, whole.slice(), payload);
      }
    },
    DIRECT_BUFFER {
      @Override
      void save(Consumer<Payload> saver, byte[] payload) {
        saveBuffer(
            saver,
            positioned(ByteBuffer.allocateDirect(payload.length + 2 * MARGIN), payload),
            payload);
      }
    },
    READ_ONLY_BUFFER {
      @Override
      void save(Consumer<Payload> saver, byte[] payload) {
        ByteBuffer buffer = positioned(ByteBuffer.allocate(payload.length + 2 * MARGIN), payload);
        saveBuffer(saver, buffer.asReadOnlyBuffer(), payload);
      }
    },
    AGRONA_ON_HEAP {
      @Override
      void save(Consumer<Payload> saver, byte[] payload) {
        saver.accept(Payload.of(new UnsafeBuffer(withMargins(payload)), MARGIN, payload.length));
      }
    },
    AGRONA_DIRECT {
      @Override
      void save(Consumer<Payload> saver, byte[] payload) {
        ByteBuffer direct = ByteBuffer.allocateDirect(payload.length + 2 * MARGIN);
        direct.put(withMargins(payload)).flip();
        saver.accept(Payload.of(new UnsafeBuffer(direct), MARGIN, payload.length));
      }
    },
    CHRONICLE_ON_HEAP {
      @Override
      void save(Consumer<Payload> saver, byte[] payload) {
        saveBytes(saver, Bytes.wrapForRead(withMargins(payload)), payload);
      }
    },
    CHRONICLE_NATIVE {
      @Override
      void save(Consumer<Payload> saver, byte[] payload) {
        Bytes<?> bytes = Bytes.allocateElasticDirect();
        bytes.write(withMargins(payload));
        saveBytes(saver, bytes, payload);
        bytes.releaseLast();
      }
    };

    abstract void save(Consumer<Payload> saver, byte[] payload);

    private static void saveBuffer(Consumer<Payload> saver, ByteBuffer buffer, byte[] payload) {
      int position = buffer.position();
      int limit = buffer.limit();
      saver.accept(Payload.of(buffer));
      assertEquals(position, buffer.position());
      assertEquals(limit, buffer.limit());
      assertEquals(ByteBuffer.wrap(payload), buffer);
    }

    private static void saveBytes(Consumer<Payload> saver, Bytes<?> bytes, byte[] payload) {
      bytes.readPositionRemaining(MARGIN, payload.length);
      saver.accept(Payload.of(bytes));
      assertEquals(MARGIN, bytes.readPosition());
      assertEquals(payload.length, bytes.readRemaining());
    }
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void everyFormIsSavedWholeAndLeftAsItWas(Form form) {
    List<Consumer<Payload>> savers =
        List.of(
            payload -> store.save(key, payload, EntryAttributes.checkpoint()),
            payload -> store.saveOverwrite(key, "run", payload, EntryAttributes.checkpoint()),
            payload -> assertTrue(store.session(key).checkpoint(payload, 1, 1)),
            payload -> store.session(key).complete(payload, 1, 1));
    for (Consumer<Payload> saver : savers) {
      for (int length : LENGTHS) {
        byte[] expected = payload(length);
        form.save(saver, expected);
        try (Entry entry = store.lookupLatest(key).orElseThrow()) {
          assertArrayEquals(expected, Payloads.bytes(entry));
          assertEquals(length, entry.payload().capacity());
          assertEquals(length, entry.bytes().readRemaining());
        }
      }
    }
  }

  @Test
  void aRangeOutsideOfItsBufferIsRefused() {
    UnsafeBuffer buffer = new UnsafeBuffer(new byte[10]);
    for (int[] range : new int[][] {{-1, 5}, {0, 11}, {10, 1}, {0, -1}, {Integer.MAX_VALUE, 1}}) {
      assertThrows(IndexOutOfBoundsException.class, () -> Payload.of(buffer, range[0], range[1]));
      assertThrows(
          IndexOutOfBoundsException.class, () -> Payload.of(new byte[10], range[0], range[1]));
    }
    assertEquals(0, store.inspect().entries());
  }

  @Test
  void anEmptyPayloadIsAnEntryLikeAnyOther() {
    store.save(key, new byte[0], EntryAttributes.finalResult().withObjective(-0.0));
    try (Entry entry = store.lookup(key).orElseThrow()) {
      assertEquals(0, entry.payloadLength());
      assertEquals(0, entry.payload().capacity());
      assertEquals(0, entry.bytes().readRemaining());
      assertEquals(-0.0, entry.objective().orElseThrow());
    }
    assertTrue(store.verify().clean());
  }
}
