package io.warmstart.format;

import io.warmstart.text.HexDigits;
import org.jspecify.annotations.Nullable;

/**
 * The name of a staged file in a key directory: {@code <run id>~<role>~<owner>~<sequence>}.
 *
 * <p>A tilde cannot stand in a run id, so the parts come apart whatever the id; and nothing after
 * the id contains a dot, so that the name holds no {@code .tmp.} and ends in neither {@code .bin}
 * nor {@code .json} even if the id does: the original store deletes the former and reads the
 * latter.
 *
 * @param runId the run whose pair is being published
 * @param role what the file is
 * @param owner the process that staged it
 * @param sequence tells the files staged by one owner apart
 */
public record StagedName(String runId, Role role, Owner owner, long sequence) {
  /** What a staged file is. */
  public enum Role {
    /** A payload not yet renamed into place. */
    PAYLOAD("payload"),
    /** A manifest not yet renamed into place. */
    MANIFEST("manifest"),
    /**
     * A second link to the payload that is being replaced: earlier versions kept one until an
     * overwrite had committed. Made no more, but a root may hold one that a death has left.
     */
    PREVIOUS("previous");

    private final String text;

    Role(String text) {
      this.text = text;
    }
  }

  /** Whether the two are payload and manifest that were staged together. */
  public boolean isOtherHalfOf(StagedName other) {
    boolean bothRoles =
        (role == Role.PAYLOAD && other.role == Role.MANIFEST)
            || (role == Role.MANIFEST && other.role == Role.PAYLOAD);
    return bothRoles
        && sequence == other.sequence
        && owner.equals(other.owner)
        && runId.equals(other.runId);
  }

  private static final char SEPARATOR = '~';
  private static final int SEQUENCE_DIGITS = 16;

  /**
   * Checks the run id.
   *
   * @throws IllegalArgumentException if it is not a valid one
   */
  public StagedName {
    RunIds.requireValid(runId);
  }

  /** Returns the file name: ASCII, at most 197 bytes. */
  public String toText() {
    return runId
        + SEPARATOR
        + role.text
        + SEPARATOR
        + owner.toText()
        + SEPARATOR
        + HexDigits.ofLong(sequence);
  }

  /**
   * Returns the name that {@link #toText} wrote, or null if it cannot have written {@code name}.
   */
  public static @Nullable StagedName parse(String name) {
    int runIdEnd = name.indexOf(SEPARATOR);
    int roleEnd = name.indexOf(SEPARATOR, runIdEnd + 1);
    int ownerEnd = roleEnd + 1 + Owner.TEXT_LENGTH;
    if (runIdEnd < 0
        || roleEnd < 0
        || name.length() != ownerEnd + 1 + SEQUENCE_DIGITS
        || name.charAt(ownerEnd) != SEPARATOR
        || !HexDigits.areLowercase(name, ownerEnd + 1, name.length())) {
      return null;
    }
    String runId = name.substring(0, runIdEnd);
    Role role = roleOf(name.substring(runIdEnd + 1, roleEnd));
    Owner owner = Owner.parse(name.substring(roleEnd + 1, ownerEnd));
    if (role == null || owner == null || !RunIds.isValid(runId)) {
      return null;
    }
    return new StagedName(
        runId, role, owner, Long.parseUnsignedLong(name, ownerEnd + 1, name.length(), 16));
  }

  private static @Nullable Role roleOf(String text) {
    for (Role role : Role.values()) {
      if (role.text.equals(text)) {
        return role;
      }
    }
    return null;
  }
}
