package io.warmstart.text;

/** Fixed-width lowercase hex, which sorts as the unsigned number does. */
public final class HexDigits {
  private HexDigits() {}

  public static boolean areLowercase(CharSequence text, int start, int end) {
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }

  public static String ofLong(long value) {
    return padded(Long.toHexString(value), 16);
  }

  public static String ofInt(int value) {
    return padded(Integer.toHexString(value), 8);
  }

  private static String padded(String digits, int width) {
    return "0".repeat(width - digits.length()) + digits;
  }
}
