package io.warmstart.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Sizes, moments and numbers as people read them. */
final class Quantities {
  /** What stands where there is no value. */
  static final String NONE = "-";

  private static final String FUTURE = "in the future";

  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Quantities() {}

  /** With a binary unit and three digits or so: {@code 1.50 MiB}. */
  static String size(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double amount = bytes / 1024.0;
    int unit = 0;
    // From here on rounding would show a thousand and more.
    while (amount >= 999.5 && unit < UNITS.length - 1) {
      amount /= 1024;
      unit++;
    }
    int decimals = amount < 9.995 ? 2 : amount < 99.95 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + decimals + "f %s", amount, UNITS[unit]);
  }

  /** With a unit and, if that says less, the exact number: {@code 1.50 MiB (1572864 B)}. */
  static String exactSize(long bytes) {
    return bytes < 1024 ? size(bytes) : size(bytes) + " (" + bytes + " B)";
  }

  /** A number of things: {@code 1 entry}, {@code 2 entries}. */
  static String count(long number, String one, String many) {
    return number + " " + (number == 1 ? one : many);
  }

  /** ISO-8601 in UTC; seconds that no calendar reaches are shown as they are. */
  static String moment(long unixSecs, int nanos) {
    try {
      // As unsigned they would be just as far out of reach as they are negative.
      if (unixSecs >= 0) {
        return Instant.ofEpochSecond(unixSecs, nanos).toString();
      }
    } catch (DateTimeException e) {
      // Below.
    }
    return "@" + Long.toUnsignedString(unixSecs);
  }

  /** The same to the millisecond, for tables. */
  static String shortMoment(long unixSecs, int nanos) {
    return moment(unixSecs, nanos - nanos % 1_000_000);
  }

  /** How long ago, in the largest unit that fits: {@code 5 min}. */
  static String age(long unixSecs, int nanos, long nowUnixNanos) {
    long nowSecs = Math.floorDiv(nowUnixNanos, 1_000_000_000L);
    if (unixSecs < 0 || unixSecs > nowSecs + 1) {
      return FUTURE;
    }
    long secs = Math.max(0, nowSecs - unixSecs - (nanos > nowUnixNanos % 1_000_000_000L ? 1 : 0));
    return span(Duration.ofSeconds(secs));
  }

  /** The same as a phrase: {@code 5 min ago}. */
  static String ago(long unixSecs, int nanos, long nowUnixNanos) {
    String age = age(unixSecs, nanos, nowUnixNanos);
    return age.equals(FUTURE) ? age : age + " ago";
  }

  /** A span in the largest unit of which there are at least two. */
  static String span(Duration span) {
    if (span.toSeconds() < 120) {
      return span.toSeconds() + " s";
    }
    if (span.toMinutes() < 120) {
      return span.toMinutes() + " min";
    }
    if (span.toHours() < 48) {
      return span.toHours() + " h";
    }
    return span.toDays() + " d";
  }

  static String objective(OptionalDouble objective) {
    return objective.isPresent() ? Double.toString(objective.getAsDouble()) : NONE;
  }

  /** Unsigned, as it is meant. */
  static String iteration(OptionalLong iteration) {
    return iteration.isPresent() ? Long.toUnsignedString(iteration.getAsLong()) : NONE;
  }

  /** An enum constant as it is written on the command line. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
