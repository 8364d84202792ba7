package io.warmstart;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/** Payloads that tell which version they are, and whether they are it to the last byte. */
public final class Versions {
  /** The name of a payload that is none of ours, or not all of it. */
  static final String MIXTURE = "a mixture";

  private Versions() {}

  /** The payload of a version. */
  public static byte[] payload(String name, int length) {
    byte[] payload = new byte[length];
    new Random(name.hashCode()).nextBytes(payload);
    byte[] head = (name + '|').getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(head, 0, payload, 0, head.length);
    return payload;
  }

  /** Which version a payload is; {@link #MIXTURE} if a single byte is not that version's. */
  public static String nameOf(byte[] payload) {
    for (int end = 0; end < Math.min(payload.length, 64); end++) {
      if (payload[end] == '|') {
        String name = new String(payload, 0, end, StandardCharsets.US_ASCII);
        return Arrays.equals(payload, payload(name, payload.length)) ? name : MIXTURE;
      }
    }
    return MIXTURE;
  }

  /** Which version an entry holds. */
  public static String nameOf(Entry entry) {
    return nameOf(Payloads.bytes(entry));
  }

  /** Which version was found, which is closed; or another name for none. */
  public static String found(Optional<Entry> found, String none) {
    try (Entry entry = found.orElse(null)) {
      return entry == null ? none : nameOf(entry);
    }
  }
}
