package io.warmstart.cli;

import io.warmstart.WarmStartStore;
import io.warmstart.model.Acknowledgement;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Namespace;
import io.warmstart.model.Ranking;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.Retention;
import io.warmstart.model.S3Address;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** From words of the command line to values; each refusal names what was expected and what came. */
final class Arguments {
  private static final String TEXT_PREFIX = "text:";

  private Arguments() {}

  /** The word of {@code text:NAME}. */
  private static KeyWord textOf(String name) {
    // What the JVM makes of bytes that the locale has no letters for: two names, one key.
    if (name.indexOf('\ufffd') >= 0) {
      throw refused(
          "NAME", "text that the locale can read, see LC_ALL (such as C.UTF-8)", Page.quoted(name));
    }
    if (name.codePoints().anyMatch(c -> c >= 0xd800 && c <= 0xdfff)) {
      throw refused("NAME", "whole characters", Page.quoted(name));
    }
    return KeyWord.ofText(name);
  }

  private static TypeConversionException refused(String what, String expected, String actual) {
    return new TypeConversionException(what + ": expected=" + expected + " actual=" + actual);
  }

  /** KEY. */
  static final class KeyArgument implements ITypeConverter<KeyWord> {
    @Override
    public KeyWord convert(String value) {
      if (value.equals(TEXT_PREFIX)) {
        // Before a variable that is not set: all fits of a script would have one key.
        throw refused("KEY", "a name after text:", Page.quoted(value));
      }
      if (value.startsWith(TEXT_PREFIX)) {
        return textOf(value.substring(TEXT_PREFIX.length()));
      }
      try {
        return KeyWord.ofDigits(Fingerprint.fromHex(value));
      } catch (IllegalArgumentException e) {
        throw refused("KEY", "64 lowercase hex digits or text:NAME", Page.quoted(value));
      }
    }
  }

  /** --namespace. */
  static final class NamespaceArgument implements ITypeConverter<Namespace> {
    @Override
    public Namespace convert(String value) {
      try {
        return new Namespace(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** A label: its name and its value. */
  record Label(String name, String value) {}

  /** Whether a store would take it. */
  static boolean isLabel(String name, String value) {
    try {
      WarmStartStore.requireLabel(name, value);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** --label. */
  static final class LabelArgument implements ITypeConverter<Label> {
    @Override
    public Label convert(String value) {
      int equals = value.indexOf('=');
      if (equals < 0) {
        throw refused("label", "NAME=VALUE", Page.quoted(value));
      }
      Label label = new Label(value.substring(0, equals), value.substring(equals + 1));
      try {
        WarmStartStore.requireLabel(label.name(), label.value());
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
      return label;
    }
  }

  /**
   * NAME, of which {@code key} prints the key. What is KEY for all other commands is the same key
   * here: a name that looks like one has {@code text:} before it, as it must have there.
   */
  static final class NameArgument implements ITypeConverter<KeyWord> {
    @Override
    public KeyWord convert(String value) {
      return value.startsWith(TEXT_PREFIX) || Digest256.isHex(value)
          ? new KeyArgument().convert(value)
          : textOf(value);
    }
  }

  /** A path. */
  static final class PathArgument implements ITypeConverter<Path> {
    @Override
    public Path convert(String value) {
      if (value.isEmpty()) {
        throw refused("path", "a file name", "\"\"");
      }
      try {
        return Path.of(value);
      } catch (InvalidPathException e) {
        throw refused(
            "path", "a file name", Page.quoted(value) + " (" + e.getReason() + ")" + hint(value));
      }
    }
  }

  /** The address of a remote, or the path of its directory. */
  static final class RemoteArgument implements ITypeConverter<RemoteOptions> {
    @Override
    public RemoteOptions convert(String value) {
      if (value.isEmpty()) {
        // As a path it would be the current directory.
        throw refused("remote", "s3://BUCKET/PREFIX, file:///DIRECTORY, or a path", "\"\"");
      }
      boolean bucket = value.startsWith(S3Address.SCHEME + ":");
      try {
        return RemoteOptions.of(
            value.contains(":") ? new URI(value) : Path.of(value).toAbsolutePath().toUri());
      } catch (URISyntaxException | IllegalArgumentException e) {
        if (bucket) {
          // It may have a password: what is wrong is said without it.
          throw new TypeConversionException(
              e instanceof URISyntaxException syntax
                  ? "remote: expected=a URL actual=" + syntax.getReason()
                  : Page.printable(String.valueOf(e.getMessage())));
        }
        throw refused(
            "remote",
            "s3://BUCKET/PREFIX, file:///DIRECTORY, or a path",
            Page.quoted(S3Address.shown(value)));
      }
    }
  }

  /** The JVM names files in the encoding of its locale alone. */
  private static String hint(String value) {
    return value.chars().allMatch(c -> c > 0 && c <= '~')
        ? ""
        : "; file names are in "
            + System.getProperty("sun.jnu.encoding")
            + " (sun.jnu.encoding) here, LC_ALL=C.UTF-8 allows all";
  }

  /** A word for one of an enum's constants. */
  private abstract static class WordArgument<E extends Enum<E>> implements ITypeConverter<E> {
    private final String what;
    private final E[] constants;

    WordArgument(String what, E[] constants) {
      this.what = what;
      this.constants = constants;
    }

    @Override
    public E convert(String value) {
      for (E constant : constants) {
        if (Quantities.word(constant).equals(value)) {
          return constant;
        }
      }
      throw refused(
          what,
          Arrays.stream(constants).map(Quantities::word).collect(Collectors.joining("|")),
          Page.quoted(value));
    }
  }

  /** --ranking. */
  static final class RankingArgument extends WordArgument<Ranking> {
    RankingArgument() {
      super("ranking", Ranking.values());
    }
  }

  /** ACTION of {@code remote}. */
  static final class RemoteActionArgument extends WordArgument<RemoteAction> {
    RemoteActionArgument() {
      super("ACTION", RemoteAction.values());
    }
  }

  /** --days. */
  static final class DaysArgument implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      long days = whole("days", value, 1);
      if (days > Integer.MAX_VALUE) {
        throw refused("days", "a whole number from 1 to " + Integer.MAX_VALUE, Page.quoted(value));
      }
      return (int) days;
    }
  }

  /** --retention. */
  static final class RetentionArgument extends WordArgument<Retention> {
    RetentionArgument() {
      super("retention", Retention.values());
    }
  }

  /** --kind. */
  static final class KindArgument extends WordArgument<EntryKind> {
    KindArgument() {
      super("kind", EntryKind.values());
    }
  }

  /** --acknowledge. */
  static final class AcknowledgementArgument extends WordArgument<Acknowledgement> {
    AcknowledgementArgument() {
      super("acknowledge", Acknowledgement.values());
    }
  }

  /** --run-id. */
  static final class RunIdArgument implements ITypeConverter<String> {
    @Override
    public String convert(String value) {
      try {
        return WarmStartStore.requireRunId(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** --objective: the library takes a value that is not finite for none, which may be a slip. */
  static final class ObjectiveArgument implements ITypeConverter<Double> {
    // What Double.parseDouble takes besides: "1d", "0x1p3", " 1 ", "NaN".
    private static final Pattern DECIMAL =
        Pattern.compile("[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?");

    @Override
    public Double convert(String value) {
      if (DECIMAL.matcher(value).matches()) {
        double objective = Double.parseDouble(value);
        if (Double.isFinite(objective)) {
          return objective;
        }
      }
      throw refused("objective", "a finite decimal number", Page.quoted(value));
    }
  }

  /** --iteration: unsigned. */
  static final class IterationArgument implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      try {
        return Long.parseUnsignedLong(value);
      } catch (NumberFormatException e) {
        throw refused(
            "iteration", "a whole number from 0 to 18446744073709551615", Page.quoted(value));
      }
    }
  }

  /** A whole number of something. */
  private static long whole(String what, String value, long least) {
    try {
      long number = Long.parseLong(value);
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Below.
    }
    throw refused(
        what, "a whole number from " + least + " to " + Long.MAX_VALUE, Page.quoted(value));
  }

  /** A whole number that may have a unit, in the smallest one. */
  private static long withUnit(String what, String value, Map<String, Long> units) {
    Matcher matcher = NUMBER_AND_UNIT.matcher(value);
    if (matcher.matches()) {
      String name = matcher.group(2);
      Long unit =
          name.isEmpty() ? Long.valueOf(1) : units.get(name.replaceFirst("(?<=[KMGTP])iB$", ""));
      try {
        if (unit != null) {
          return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
        }
      } catch (ArithmeticException | NumberFormatException e) {
        // Below.
      }
    }
    throw refused(
        what,
        "a whole number from 0 to " + Long.MAX_VALUE + ", or one with a unit of " + units.keySet(),
        Page.quoted(value));
  }

  private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,19})([A-Za-z]{0,3})");

  private static Map<String, Long> units(Object... namesAndFactors) {
    Map<String, Long> units = new LinkedHashMap<>();
    long factor = 1;
    for (int each = 0; each < namesAndFactors.length; each += 2) {
      factor *= (Integer) namesAndFactors[each + 1];
      units.put((String) namesAndFactors[each], factor);
    }
    return units;
  }

  private static final Map<String, Long> SECONDS = units("s", 1, "m", 60, "h", 60, "d", 24, "w", 7);

  /** --ttl. */
  static final class TtlArgument implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      return Duration.ofSeconds(withUnit("ttl", value, SECONDS));
    }
  }

  /** --wait. */
  static final class WaitArgument implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      return Duration.ofSeconds(withUnit("wait", value, SECONDS));
    }
  }

  /** --budget. */
  static final class BudgetArgument implements ITypeConverter<Long> {
    private static final Map<String, Long> UNITS =
        units("K", 1024, "M", 1024, "G", 1024, "T", 1024, "P", 1024);

    @Override
    public Long convert(String value) {
      return withUnit("budget", value, UNITS);
    }
  }

  /** --count. */
  static final class CountArgument implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      return whole("count", value, 1);
    }
  }

  /** --interval: parts of a second too. */
  static final class IntervalArgument implements ITypeConverter<Duration> {
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,6}(?:\\.[0-9]{1,3})?");

    @Override
    public Duration convert(String value) {
      if (SECONDS.matcher(value).matches()) {
        Duration interval = Duration.ofMillis(Math.round(Double.parseDouble(value) * 1000));
        if (!interval.isZero()) {
          return interval;
        }
      }
      throw refused("interval", "seconds from 0.001 to 999999.999", Page.quoted(value));
    }
  }
}
