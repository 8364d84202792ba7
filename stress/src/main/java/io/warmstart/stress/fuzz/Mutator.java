package io.warmstart.stress.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes damaged inputs of whole ones: bits, bytes, numbers at their ends, words of the format,
 * pieces moved, doubled and taken from another input, and now and then a piece repeated until the
 * input is as long as a reader takes. Everything follows from the generator.
 */
final class Mutator {
  private static final int MOST_DAMAGES = 6;
  private static final int ONE_IN_MANY = 512;

  /** Longer than the longest file of text that is read, so that the limit is passed too. */
  private static final int MOST_BYTES = 70_000;

  private static final List<byte[]> WORDS =
      words(
          "null",
          "true",
          "false",
          "{}",
          "[]",
          "[[",
          "\"\"",
          "\\ud800",
          "\\udc00",
          "\\u0000",
          "\\\"",
          "-0",
          "1e308",
          "1e-400",
          "-1",
          "0.5",
          "18446744073709551615",
          "18446744073709551616",
          "9223372036854775807",
          "9223372036854775808",
          "4294967296",
          "1e999999999",
          "{\"Final\":null}",
          "\"schema_version\":",
          "\"size_budget_bytes\":",
          "\"ttl_seconds\":",
          "\"ttl_since_unix_secs\":",
          "\"written_unix_secs\":",
          "\"accessed\":",
          "\"labels\":",
          "\"kind\":",
          "\"Checkpoint\"",
          ",",
          ":",
          "~payload~",
          "~manifest~",
          "~previous~",
          ".json",
          ".bin",
          ".tmp.",
          "+pin",
          "\u00e9",
          "\ud83d\ude00",
          "\ufeff");

  private final List<byte[]> corpus;
  private final SplittableRandom random;

  Mutator(List<byte[]> corpus, SplittableRandom random) {
    this.corpus = corpus;
    this.random = random;
  }

  private static List<byte[]> words(String... words) {
    return Arrays.stream(words).map(word -> word.getBytes(StandardCharsets.UTF_8)).toList();
  }

  /** The next damaged input. */
  byte[] next() {
    byte[] bytes = any(corpus).clone();
    for (int left = 1 + random.nextInt(MOST_DAMAGES); left > 0; left--) {
      bytes = damaged(bytes);
    }
    return random.nextInt(ONE_IN_MANY) == 0 ? repeated(bytes) : bytes;
  }

  private byte[] damaged(byte[] bytes) {
    int at = random.nextInt(bytes.length + 1);
    int end = at + random.nextInt(bytes.length - at + 1);
    boolean over = random.nextBoolean();
    switch (random.nextInt(8)) {
      case 0 -> {
        return at == bytes.length ? bytes : with(bytes, at, bytes[at] ^ (1 << random.nextInt(8)));
      }
      case 1 -> {
        return at == bytes.length ? bytes : with(bytes, at, random.nextInt(256));
      }
      case 2 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 3 -> {
        return spliced(bytes, at, end, new byte[0]);
      }
      case 4 -> {
        byte[] word = any(WORDS);
        return spliced(bytes, at, over ? Math.min(bytes.length, at + word.length) : at, word);
      }
      case 5 -> {
        byte[] piece = Arrays.copyOfRange(bytes, at, end);
        int into = random.nextInt(bytes.length + 1);
        return spliced(
            bytes, into, over ? Math.min(bytes.length, into + piece.length) : into, piece);
      }
      case 6 -> {
        byte[] other = any(corpus);
        int from = random.nextInt(other.length + 1);
        int to = from + random.nextInt(other.length - from + 1);
        return spliced(bytes, at, over ? end : at, Arrays.copyOfRange(other, from, to));
      }
      default -> {
        byte[] number =
            Long.toString(random.nextLong() >> random.nextInt(64))
                .getBytes(StandardCharsets.US_ASCII);
        return spliced(bytes, at, over ? Math.min(bytes.length, at + number.length) : at, number);
      }
    }
  }

  /** With a piece of itself written again and again. */
  private byte[] repeated(byte[] bytes) {
    int at = random.nextInt(bytes.length + 1);
    int length = Math.min(bytes.length - at, 1 + random.nextInt(12));
    if (length == 0) {
      return bytes;
    }
    byte[] many = new byte[random.nextInt(MOST_BYTES) / length * length];
    for (int i = 0; i < many.length; i++) {
      many[i] = bytes[at + i % length];
    }
    return spliced(bytes, at, at, many);
  }

  private byte[] any(List<byte[]> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static byte[] with(byte[] bytes, int at, int value) {
    bytes[at] = (byte) value;
    return bytes;
  }

  /** With a piece in place of the bytes from {@code start} to {@code end}. */
  private static byte[] spliced(byte[] bytes, int start, int end, byte[] piece) {
    byte[] result = new byte[bytes.length - (end - start) + piece.length];
    System.arraycopy(bytes, 0, result, 0, start);
    System.arraycopy(piece, 0, result, start, piece.length);
    System.arraycopy(bytes, end, result, start + piece.length, bytes.length - end);
    return result;
  }
}
