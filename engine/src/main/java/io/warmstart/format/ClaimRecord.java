package io.warmstart.format;

import io.warmstart.format.JsonValue.Literal;
import io.warmstart.format.JsonValue.Member;
import io.warmstart.format.JsonValue.NumberToken;
import io.warmstart.format.JsonValue.Text;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an object in a remote says of a claim: a JSON object, see docs/format.md.
 *
 * @param claimer those who share the kernel's locks of one root, of which one claims
 * @param nonce of one claim, from when it is had until it is given back: by it its holder knows its
 *     objects again after a lost answer
 * @param held whether the claim is held; false once it was given back
 * @param leaseMillis for how long to take it to be held without another sign of life
 * @param host the claimer's machine, for people
 * @param pid its process, for people
 */
public record ClaimRecord(
    String claimer, String nonce, boolean held, long leaseMillis, String host, long pid) {
  /** The longest object that is read. */
  public static final int MAX_BYTES = 4096;

  private static final String VERSION_FIELD = "schema_version";

  /** History: 1, the first. */
  private static final String SCHEMA_VERSION = "1";

  private static final String CLAIMER_FIELD = "claimer";
  private static final String NONCE_FIELD = "nonce";
  private static final String HELD_FIELD = "held";
  private static final String LEASE_FIELD = "lease_ms";
  private static final String HOST_FIELD = "host";
  private static final String PID_FIELD = "pid";

  /** The same claim, given back. */
  public ClaimRecord givenBack() {
    return new ClaimRecord(claimer, nonce, false, leaseMillis, host, pid);
  }

  /** The bytes of the object. */
  public byte[] encode() {
    return JsonWriter.toBytes(
        new JsonValue.ObjectValue(
            List.of(
                new Member(VERSION_FIELD, new NumberToken(SCHEMA_VERSION)),
                new Member(CLAIMER_FIELD, new Text(claimer)),
                new Member(NONCE_FIELD, new Text(nonce)),
                new Member(HELD_FIELD, Literal.of(held)),
                new Member(LEASE_FIELD, new NumberToken(Long.toString(leaseMillis))),
                new Member(HOST_FIELD, new Text(host)),
                new Member(PID_FIELD, new NumberToken(Long.toString(pid))))));
  }

  /**
   * What the bytes say.
   *
   * @return null if they are no such object, or one of another version
   */
  public static @Nullable ClaimRecord decode(byte[] bytes) {
    Map<String, JsonValue> fields = JsonReader.fieldsOrNull(bytes);
    if (fields != null
        && fields.get(VERSION_FIELD) instanceof NumberToken version
        && version.characters().equals(SCHEMA_VERSION)
        && fields.get(CLAIMER_FIELD) instanceof Text claimer
        && fields.get(NONCE_FIELD) instanceof Text nonce
        && fields.get(HELD_FIELD) instanceof Literal held
        && (held == Literal.TRUE || held == Literal.FALSE)
        && fields.get(LEASE_FIELD) instanceof NumberToken lease
        && fields.get(HOST_FIELD) instanceof Text host
        && fields.get(PID_FIELD) instanceof NumberToken pid) {
      try {
        return new ClaimRecord(
            claimer.value(),
            nonce.value(),
            held == Literal.TRUE,
            Long.parseLong(lease.characters()),
            host.value(),
            Long.parseLong(pid.characters()));
      } catch (NumberFormatException e) {
        return null;
      }
    }
    return null;
  }
}
