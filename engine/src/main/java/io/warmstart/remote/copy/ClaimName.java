package io.warmstart.remote.copy;

import java.util.HexFormat;

/** The names of a key's claims in a remote: {@code claim~} and the number in 16 hex digits. */
public final class ClaimName {
  private static final String PREFIX = "claim~";
  private static final int DIGITS = 16;

  private ClaimName() {}

  /** The name of a number from 1. */
  public static String of(long number) {
    return PREFIX + HexFormat.of().toHexDigits(number);
  }

  /** The number in a name; 0 if it is none of a claim. */
  static long numberIn(String name) {
    if (name.length() != PREFIX.length() + DIGITS || !name.startsWith(PREFIX)) {
      return 0;
    }
    try {
      long number = HexFormat.fromHexDigitsToLong(name.substring(PREFIX.length()));
      // In lowercase alone: each number has one name.
      return number > 0 && of(number).equals(name) ? number : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
