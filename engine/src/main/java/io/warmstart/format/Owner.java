package io.warmstart.format;

import io.warmstart.text.HexDigits;
import org.jspecify.annotations.Nullable;

/**
 * Who staged a file: the process that held a slot, in one epoch of that slot, since one boot of one
 * machine. It stands in staged names, so that a process that finds a leftover can ask whether its
 * maker still lives without trusting process ids, which recycle.
 *
 * @param slot the process's slot in the root
 * @param boot what tells this boot of this machine from others
 * @param epoch how often the slot has been taken
 */
public record Owner(int slot, long boot, long epoch) {
  /** Length of the text form: hex digits of the three fields at full width, joined by dashes. */
  static final int TEXT_LENGTH = 8 + 1 + 16 + 1 + 16;

  /** Returns the form that stands in file names: 42 characters, hex digits and dashes. */
  public String toText() {
    return HexDigits.ofInt(slot) + '-' + HexDigits.ofLong(boot) + '-' + HexDigits.ofLong(epoch);
  }

  /**
   * Returns the owner that {@link #toText} wrote, or null if it cannot have written {@code text}.
   */
  public static @Nullable Owner parse(String text) {
    if (text.length() != TEXT_LENGTH
        || text.charAt(8) != '-'
        || text.charAt(25) != '-'
        || !HexDigits.areLowercase(text, 0, 8)
        || !HexDigits.areLowercase(text, 9, 25)
        || !HexDigits.areLowercase(text, 26, TEXT_LENGTH)) {
      return null;
    }
    return new Owner(
        Integer.parseUnsignedInt(text, 0, 8, 16),
        Long.parseUnsignedLong(text, 9, 25, 16),
        Long.parseUnsignedLong(text, 26, TEXT_LENGTH, 16));
  }
}
