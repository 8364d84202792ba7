package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import net.openhft.chronicle.bytes.Bytes;
import org.agrona.DirectBuffer;
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
      void save(Saver saver, byte[] payload) {
        saver.save(payload);
      }
    },
    HEAP_BUFFER {
      @Override
      void save(Saver saver, byte[] payload) {
        saveBuffer(
            saver, positioned(ByteBuffer.allocate(payload.length + 2 * MARGIN), payload), payload);
      }
    },
    HEAP_SLICE {
      @Override
      void save(Saver saver, byte[] payload) {
        ByteBuffer whole = positioned(ByteBuffer.allocate(payload.length + 2 * MARGIN), payload);
        saveBuffer(saver, whole.slice(), payload);
      }
    },
    DIRECT_BUFFER {
      @Override
      void save(Saver saver, byte[] payload) {
        saveBuffer(
            saver,
            positioned(ByteBuffer.allocateDirect(payload.length + 2 * MARGIN), payload),
            payload);
      }
    },
    READ_ONLY_BUFFER {
      @Override
      void save(Saver saver, byte[] payload) {
        ByteBuffer buffer = positioned(ByteBuffer.allocate(payload.length + 2 * MARGIN), payload);
        saveBuffer(saver, buffer.asReadOnlyBuffer(), payload);
      }
    },
    AGRONA_ON_HEAP {
      @Override
      void save(Saver saver, byte[] payload) {
        saver.save(new UnsafeBuffer(withMargins(payload)), MARGIN, payload.length);
      }
    },
    AGRONA_DIRECT {
      @Override
      void save(Saver saver, byte[] payload) {
        ByteBuffer direct = ByteBuffer.allocateDirect(payload.length + 2 * MARGIN);
        direct.put(withMargins(payload)).flip();
        saver.save(new UnsafeBuffer(direct), MARGIN, payload.length);
      }
    },
    CHRONICLE_ON_HEAP {
      @Override
      void save(Saver saver, byte[] payload) {
        saveBytes(saver, Bytes.wrapForRead(withMargins(payload)), payload);
      }
    },
    CHRONICLE_NATIVE {
      @Override
      void save(Saver saver, byte[] payload) {
        Bytes<?> bytes = Bytes.allocateElasticDirect();
        bytes.write(withMargins(payload));
        saveBytes(saver, bytes, payload);
        bytes.releaseLast();
      }
    };

    abstract void save(Saver saver, byte[] payload);

    private static void saveBuffer(Saver saver, ByteBuffer buffer, byte[] payload) {
      int position = buffer.position();
      int limit = buffer.limit();
      saver.save(buffer);
      assertEquals(position, buffer.position());
      assertEquals(limit, buffer.limit());
      assertEquals(ByteBuffer.wrap(payload), buffer);
    }

    private static void saveBytes(Saver saver, Bytes<?> bytes, byte[] payload) {
      bytes.readPositionRemaining(MARGIN, payload.length);
      saver.save(bytes);
      assertEquals(MARGIN, bytes.readPosition());
      assertEquals(payload.length, bytes.readRemaining());
    }
  }

  /** One way to save, in all its forms. */
  interface Saver {
    void save(byte[] payload);

    void save(ByteBuffer payload);

    void save(DirectBuffer payload, int offset, int length);

    void save(Bytes<?> payload);
  }

  private final class Save implements Saver {
    @Override
    public void save(byte[] payload) {
      store.save(key, payload, EntryAttributes.checkpoint());
    }

    @Override
    public void save(ByteBuffer payload) {
      store.save(key, payload, EntryAttributes.checkpoint());
    }

    @Override
    public void save(DirectBuffer payload, int offset, int length) {
      store.save(key, payload, offset, length, EntryAttributes.checkpoint());
    }

    @Override
    public void save(Bytes<?> payload) {
      store.save(key, payload, EntryAttributes.checkpoint());
    }
  }

  private final class Overwrite implements Saver {
    @Override
    public void save(byte[] payload) {
      store.saveOverwrite(key, "run", payload, EntryAttributes.checkpoint());
    }

    @Override
    public void save(ByteBuffer payload) {
      store.saveOverwrite(key, "run", payload, EntryAttributes.checkpoint());
    }

    @Override
    public void save(DirectBuffer payload, int offset, int length) {
      store.saveOverwrite(key, "run", payload, offset, length, EntryAttributes.checkpoint());
    }

    @Override
    public void save(Bytes<?> payload) {
      store.saveOverwrite(key, "run", payload, EntryAttributes.checkpoint());
    }
  }

  private final class Checkpoint implements Saver {
    @Override
    public void save(byte[] payload) {
      assertTrue(store.session(key).checkpoint(payload, 1, 1));
    }

    @Override
    public void save(ByteBuffer payload) {
      assertTrue(store.session(key).checkpoint(payload, 1, 1));
    }

    @Override
    public void save(DirectBuffer payload, int offset, int length) {
      assertTrue(store.session(key).checkpoint(payload, offset, length, 1, 1));
    }

    @Override
    public void save(Bytes<?> payload) {
      assertTrue(store.session(key).checkpoint(payload, 1, 1));
    }
  }

  private final class Complete implements Saver {
    @Override
    public void save(byte[] payload) {
      store.session(key).complete(payload, 1, 1);
    }

    @Override
    public void save(ByteBuffer payload) {
      store.session(key).complete(payload, 1, 1);
    }

    @Override
    public void save(DirectBuffer payload, int offset, int length) {
      store.session(key).complete(payload, offset, length, 1, 1);
    }

    @Override
    public void save(Bytes<?> payload) {
      store.session(key).complete(payload, 1, 1);
    }
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void everyFormIsSavedWholeAndLeftAsItWas(Form form) {
    for (Saver saver :
        new Saver[] {new Save(), new Overwrite(), new Checkpoint(), new Complete()}) {
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
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> store.save(key, buffer, range[0], range[1], EntryAttributes.checkpoint()));
    }
    assertEquals(0, store.stats().entries());
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
    assertTrue(store.verify(false, (done, total) -> {}).clean());
  }
}
