package io.warmstart;

import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;

/** Keys and payloads as tests use them. */
public final class Payloads {
  private Payloads() {}

  /** The key of a name, as the original store's own tests make it. */
  public static Fingerprint key(String name) {
    return new Fingerprinter().absorbString("test", name).finish();
  }

  /** A copy of an entry's payload. */
  public static byte[] bytes(Entry entry) {
    byte[] bytes = new byte[Math.toIntExact(entry.payloadLength())];
    entry.payload().getBytes(0, bytes);
    return bytes;
  }
}
