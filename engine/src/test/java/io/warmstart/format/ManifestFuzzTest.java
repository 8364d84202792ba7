package io.warmstart.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.testing.Seeds;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Seeds.class)
class ManifestFuzzTest {
  private static final byte[] INTERESTING =
      "{}[]\",:\\0123456789-+.eEu truefalsn\0\n\u007f".getBytes(UTF_8);

  @Test
  void damagedManifestsAreReadOrRefusedAndNothingElse(Random random) {
    byte[] whole =
        new ManifestText()
            .with("x", "{\"y\":[1,2.5e3,null,\"\\ud83d\\ude00é\"],\"z\":{}}")
            .toString()
            .getBytes(UTF_8);
    int read = 0;
    int refused = 0;
    for (int i = 0; i < 60_000; i++) {
      byte[] damaged = damaged(whole, random);
      try {
        Manifest manifest = ManifestCodec.decode(damaged, damaged.length);
        read++;
        // What was read can be written, and is then the same.
        byte[] again = ManifestCodec.encode(manifest);
        assertEquals(manifest, ManifestCodec.decode(again, again.length));
      } catch (ManifestFormatException e) {
        refused++;
        String message = String.valueOf(e.getMessage());
        assertTrue(
            message.length() < 500 && message.chars().allMatch(c -> c >= ' ' && c <= '~'),
            () -> "message is not one plain line: " + message);
      }
    }
    // A damage that is always or never noticed would prove nothing.
    assertTrue(read > 1_000, "read " + read);
    assertTrue(refused > 1_000, "refused " + refused);
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    int damages = 1 + random.nextInt(3);
    for (int i = 0; i < damages; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> bytes[at] = INTERESTING[random.nextInt(INTERESTING.length)];
        case 3 -> bytes = spliced(bytes, at, at + random.nextInt(bytes.length - at), random);
        default -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
      }
    }
    return bytes;
  }

  /** Writes a piece of the bytes, taken from one place, over or into another. */
  private static byte[] spliced(byte[] bytes, int start, int end, Random random) {
    int into = random.nextInt(bytes.length);
    int overwritten = random.nextBoolean() ? 0 : Math.min(end - start, bytes.length - into);
    byte[] result = new byte[bytes.length + (end - start) - overwritten];
    System.arraycopy(bytes, 0, result, 0, into);
    System.arraycopy(bytes, start, result, into, end - start);
    System.arraycopy(
        bytes, into + overwritten, result, into + end - start, bytes.length - into - overwritten);
    return result;
  }
}
