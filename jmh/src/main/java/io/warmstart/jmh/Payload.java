package io.warmstart.jmh;

import io.warmstart.Fingerprint;
import io.warmstart.Fingerprinter;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** A payload of one length that is different for each save. For one thread. */
final class Payload {
  private final byte[] bytes;
  private long number;

  Payload(int length) {
    bytes = new byte[length];
    new Random(length).nextBytes(bytes);
  }

  static Fingerprint key(long number) {
    return new Fingerprinter().absorbLong("benchmark", number).finish();
  }

  /** The next payload, in the same array. */
  byte[] next() {
    ByteBuffer.wrap(bytes).putLong(0, ++number);
    return bytes;
  }

  /** The latest payload, in the same array. */
  byte[] bytes() {
    return bytes;
  }

  /** How many have been made. */
  long number() {
    return number;
  }

  /** Falls with each payload, as a fit's objective does. */
  double objective() {
    return 1.0 / number;
  }

  int lastByte() {
    return bytes[bytes.length - 1] & 0xff;
  }

  /** Fails unless these are the bytes of the latest payload. */
  void requireLatest(byte[] actual) {
    if (!Arrays.equals(bytes, actual)) {
      throw new IllegalStateException(
          "the store gave another payload: expected bytes="
              + bytes.length
              + " number="
              + number
              + " actual bytes="
              + actual.length);
    }
  }
}
