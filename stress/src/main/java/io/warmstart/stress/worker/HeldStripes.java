package io.warmstart.stress.worker;

import io.warmstart.mapped.ControlLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/**
 * Which keys' stripes are held, as the coordination file tells: by the intent that a holder records
 * and takes back. A holder that died leaves it behind, until somebody else takes the stripe. This
 * is the one place of the harness that knows the engine's coordination file.
 */
public final class HeldStripes {
  private static final int INTENT_LENGTH = 32;

  private HeldStripes() {}

  /** The keys that are being changed, as hexadecimal digits. */
  public static Set<String> keys(Path root) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(ControlLayout.FILE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel =
        FileChannel.open(root.resolve(".warmstart").resolve("coordination"))) {
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
        // Until all is read.
      }
    } catch (NoSuchFileException e) {
      return Set.of();
    }
    int intent = offset("intent").orElseThrow();
    int state = offset("state").or(() -> offset("lock word")).orElseThrow();
    Set<String> keys = new HashSet<>();
    for (int stripe = 0; stripe < ControlLayout.KEY_STRIPES; stripe++) {
      int at = ControlLayout.STRIPES_OFFSET + stripe * ControlLayout.STRIPE_LENGTH;
      if (at + ControlLayout.STRIPE_LENGTH > bytes.position()) {
        break;
      }
      // The intent of a free stripe is that of its last holder.
      if (bytes.getLong(at + state) != 0) {
        StringBuilder key = new StringBuilder();
        for (int word = 0; word < INTENT_LENGTH / Long.BYTES; word++) {
          key.append(HexFormat.of().toHexDigits(bytes.getLong(at + intent + word * Long.BYTES)));
        }
        keys.add(key.toString());
      }
    }
    return keys;
  }

  private static Optional<Integer> offset(String field) {
    return ControlLayout.STRIPE.stream()
        .filter(each -> each.name().equals(field))
        .map(ControlLayout.Field::offset)
        .findFirst();
  }
}
