package io.warmstart;

/** Keys and payloads as tests use them. */
final class Payloads {
  private Payloads() {}

  /** The key of a name, as the original store's own tests make it. */
  static Fingerprint key(String name) {
    return new Fingerprinter().absorbString("test", name).finish();
  }

  /** A copy of an entry's payload. */
  static byte[] bytes(Entry entry) {
    byte[] bytes = new byte[Math.toIntExact(entry.payloadLength())];
    entry.payload().getBytes(0, bytes);
    return bytes;
  }
}
