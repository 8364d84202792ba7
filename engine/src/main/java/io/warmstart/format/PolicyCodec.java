package io.warmstart.format;

import io.warmstart.format.JsonValue.Member;
import io.warmstart.format.JsonValue.NumberToken;
import io.warmstart.format.JsonValue.Text;
import io.warmstart.format.StoredPolicy.Budget;
import io.warmstart.format.StoredPolicy.Ttl;
import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy.Origin;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Between the policy of a root and the bytes of its file, {@code .warmstart/policy}: one JSON
 * object within the limits of a manifest. What is missing has not come into force; what is there
 * must be right, or the whole is refused, since a sweep deletes by it. Fields that this version
 * does not know are kept.
 *
 * <p><b>Threads:</b> safe for all.
 */
public final class PolicyCodec {
  /** Longest policy that is read. */
  public static final int MAX_BYTES = ManifestCodec.MAX_BYTES;

  /** History: 1, the first. */
  private static final long SCHEMA_VERSION = 1;

  /** Past it there is no {@link Instant} to tell. */
  private static final long MAX_SINCE_SECONDS = Instant.MAX.getEpochSecond();

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** The fields, in the order in which they are written. */
  public enum Field {
    /** Version of the format. */
    SCHEMA_VERSION("schema_version"),
    /** What the root may take up. */
    SIZE_BUDGET_BYTES("size_budget_bytes"),
    /** Where that comes from. */
    SIZE_BUDGET_ORIGIN("size_budget_origin"),
    /** How long an entry lives unused, whole seconds; with the nanoseconds, 0 = for ever. */
    TTL_SECONDS("ttl_seconds"),
    /** And nanoseconds. */
    TTL_NANOS("ttl_nanos"),
    /** Where that comes from. */
    TTL_ORIGIN("ttl_origin"),
    /** When the TTL came into force, seconds since 1970. */
    TTL_SINCE_UNIX_SECS("ttl_since_unix_secs"),
    /** And nanoseconds within the second. */
    TTL_SINCE_NANOS("ttl_since_nanos"),
    /** What eviction spares. */
    RETENTION("retention");

    private final String jsonName;

    Field(String jsonName) {
      this.jsonName = jsonName;
    }

    /** The field's name in the file. */
    public String jsonName() {
      return jsonName;
    }
  }

  private PolicyCodec() {}

  /** The bytes of the file. */
  public static byte[] encode(StoredPolicy policy) {
    List<Member> members = new ArrayList<>();
    put(members, Field.SCHEMA_VERSION, SCHEMA_VERSION);
    Budget budget = policy.budget();
    if (budget != null) {
      put(members, Field.SIZE_BUDGET_BYTES, budget.bytes());
      put(members, Field.SIZE_BUDGET_ORIGIN, budget.origin());
    }
    Ttl ttl = policy.ttl();
    if (ttl != null) {
      put(members, Field.TTL_SECONDS, ttl.duration().toSeconds());
      put(members, Field.TTL_NANOS, ttl.duration().toNanosPart());
      put(members, Field.TTL_ORIGIN, ttl.origin());
      put(members, Field.TTL_SINCE_UNIX_SECS, ttl.since().unixSecs());
      put(members, Field.TTL_SINCE_NANOS, ttl.since().nanos());
    }
    Retention retention = policy.retention();
    if (retention != null) {
      members.add(new Member(Field.RETENTION.jsonName, new Text(word(retention))));
    }
    members.addAll(policy.unknownFields().members());
    return JsonWriter.toBytes(new JsonValue.ObjectValue(members));
  }

  /**
   * The policy that the bytes are.
   *
   * @throws PolicyFormatException if they are none, or of another version
   */
  public static StoredPolicy decode(byte[] bytes) throws PolicyFormatException {
    JsonValue.ObjectValue object;
    try {
      JsonValue value = JsonReader.read(bytes, bytes.length);
      if (!(value instanceof JsonValue.ObjectValue read)) {
        throw new PolicyFormatException(
            "policy is not a JSON object: expected=\"{\" actual=" + JsonValue.describe(value));
      }
      object = read;
    } catch (ManifestFormatException e) {
      throw new PolicyFormatException(
          String.valueOf(e.getMessage()).replaceFirst("^manifest", "policy"), e);
    }
    Map<String, JsonValue> known = new HashMap<>();
    List<Member> others = new ArrayList<>();
    for (Member member : object.members()) {
      boolean isKnown =
          Arrays.stream(Field.values()).anyMatch(field -> field.jsonName.equals(member.name()));
      if (isKnown) {
        if (known.put(member.name(), member.value()) != null) {
          throw new PolicyFormatException(member.name() + ": expected=once actual=twice");
        }
      } else {
        others.add(member);
      }
    }
    long version = number(known, Field.SCHEMA_VERSION, SCHEMA_VERSION, Long.MAX_VALUE);
    if (version != SCHEMA_VERSION) {
      throw new PolicyFormatException(
          "policy is of another version: expected=" + SCHEMA_VERSION + " actual=" + version);
    }
    return new StoredPolicy(budget(known), ttl(known), retention(known), UnknownFields.of(others));
  }

  private static @Nullable Retention retention(Map<String, JsonValue> known)
      throws PolicyFormatException {
    JsonValue value = known.get(Field.RETENTION.jsonName);
    if (value == null) {
      return null;
    }
    for (Retention retention : Retention.values()) {
      if (value instanceof Text text && text.value().equals(word(retention))) {
        return retention;
      }
    }
    throw malformed(Field.RETENTION, "original or keep_best_and_latest", value);
  }

  private static String word(Retention retention) {
    return retention.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable Budget budget(Map<String, JsonValue> known)
      throws PolicyFormatException {
    if (!known.containsKey(Field.SIZE_BUDGET_BYTES.jsonName)) {
      return null;
    }
    return new Budget(
        number(known, Field.SIZE_BUDGET_BYTES, 0, Long.MAX_VALUE),
        origin(known, Field.SIZE_BUDGET_ORIGIN));
  }

  private static @Nullable Ttl ttl(Map<String, JsonValue> known) throws PolicyFormatException {
    if (!known.containsKey(Field.TTL_SECONDS.jsonName)) {
      return null;
    }
    return new Ttl(
        Duration.ofSeconds(
            number(known, Field.TTL_SECONDS, 0, Long.MAX_VALUE),
            number(known, Field.TTL_NANOS, 0, NANOS_PER_SECOND - 1)),
        origin(known, Field.TTL_ORIGIN),
        new Stamp(
            number(known, Field.TTL_SINCE_UNIX_SECS, 0, MAX_SINCE_SECONDS),
            (int) number(known, Field.TTL_SINCE_NANOS, 0, NANOS_PER_SECOND - 1)));
  }

  private static long number(Map<String, JsonValue> known, Field field, long missing, long most)
      throws PolicyFormatException {
    JsonValue value = known.get(field.jsonName);
    if (value == null) {
      return missing;
    }
    if (value instanceof NumberToken token) {
      try {
        long number = Long.parseLong(token.characters());
        if (number >= 0 && number <= most) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Below.
      }
    }
    throw malformed(field, "an integer in 0.." + most, value);
  }

  /** Where nothing is said, a person has written the value. */
  private static Origin origin(Map<String, JsonValue> known, Field field)
      throws PolicyFormatException {
    JsonValue value = known.get(field.jsonName);
    if (value == null) {
      return Origin.NAMED;
    }
    for (Origin origin : Origin.values()) {
      if (value instanceof Text text && text.value().equals(word(origin))) {
        return origin;
      }
    }
    throw malformed(field, "named, default or kept", value);
  }

  /** How the file says it. */
  private static String word(Origin origin) {
    return origin.name().toLowerCase(Locale.ROOT);
  }

  private static PolicyFormatException malformed(Field field, String expected, JsonValue actual) {
    return new PolicyFormatException(
        field.jsonName + ": expected=" + expected + " actual=" + JsonValue.describe(actual));
  }

  private static void put(List<Member> members, Field field, long value) {
    members.add(new Member(field.jsonName, new NumberToken(Long.toString(value))));
  }

  private static void put(List<Member> members, Field field, Origin origin) {
    members.add(new Member(field.jsonName, new Text(word(origin))));
  }
}
