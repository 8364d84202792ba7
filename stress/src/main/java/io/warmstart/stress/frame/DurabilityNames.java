package io.warmstart.stress.frame;

import io.warmstart.model.Durability;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The durabilities as they are called on the command line. */
public final class DurabilityNames {
  private DurabilityNames() {}

  /** All names. */
  public static List<String> all() {
    return Arrays.stream(Durability.values()).map(DurabilityNames::of).toList();
  }

  /** The name of one. */
  public static String of(Durability durability) {
    return durability.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The one of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Durability parse(String name) {
    for (Durability each : Durability.values()) {
      if (of(each).equals(name)) {
        return each;
      }
    }
    throw new IllegalArgumentException("durability: expected=one of " + all() + " actual=" + name);
  }
}
