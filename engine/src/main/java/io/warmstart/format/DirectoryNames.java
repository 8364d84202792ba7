package io.warmstart.format;

import io.warmstart.model.Digest256;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The names in a root and in its key directories, and what a name that is found there means. */
public final class DirectoryNames {
  /** What follows the run id in the name of a manifest. */
  public static final String MANIFEST_SUFFIX = ".json";

  /** What follows the run id in the name of a payload. */
  public static final String PAYLOAD_SUFFIX = ".bin";

  /** What every temporary of the original store contains, and no name of ours does. */
  public static final String TEMPORARY_MARK = ".tmp.";

  private static final int RSYNC_SUFFIX_CHARACTERS = 6;

  private static final long MAX_FOREIGN_PID = 0xffff_ffffL;

  /** What a file in a key directory is, judged by its name alone. */
  public enum Kind {
    /** The manifest of a valid run id. */
    MANIFEST,
    /** The payload of a valid run id. */
    PAYLOAD,
    /** A file of ours that is being published, or was when its owner died. */
    STAGED,
    /** A file of the original store that is being published, or was when its owner died. */
    FOREIGN_TEMPORARY,
    /** Anything else: never opened, never followed, and of no concern to the budget. */
    UNKNOWN
  }

  /**
   * A name with what it means.
   *
   * @param kind what the file is
   * @param runId the run it belongs to; null for foreign temporaries and unknown names
   * @param staged the parts of a staged name; null for every other kind
   */
  public record Classified(Kind kind, @Nullable String runId, @Nullable StagedName staged) {
    private static final Classified UNKNOWN = new Classified(Kind.UNKNOWN, null, null);
    private static final Classified FOREIGN_TEMPORARY =
        new Classified(Kind.FOREIGN_TEMPORARY, null, null);
  }

  private DirectoryNames() {}

  /** Returns the name of a run's manifest; the run id must be valid. */
  public static String manifestName(String runId) {
    return RunIds.requireValid(runId) + MANIFEST_SUFFIX;
  }

  /** Returns the name of a run's payload; the run id must be valid. */
  public static String payloadName(String runId) {
    return RunIds.requireValid(runId) + PAYLOAD_SUFFIX;
  }

  /** The directory in a root that is the engine's own. */
  public static final String ENGINE_DIRECTORY = ".warmstart";

  /** Returns whether a name found in a root can be a key directory: 64 lowercase hex digits. */
  public static boolean isKeyDirectory(String name) {
    return Digest256.isHex(name);
  }

  /**
   * Returns whether a name found in a root is none of a store's and may lie there all the same: of
   * a file system, such as {@code lost+found}, or hidden, as snapshots and waste baskets are.
   */
  public static boolean isOfOthers(String name) {
    return name.equals("lost+found") || (name.startsWith(".") && !name.equals(ENGINE_DIRECTORY));
  }

  /** Returns what {@code name}, found in a key directory, means. */
  public static Classified classify(String name) {
    // First, as the original store does: what it takes for a temporary it may delete at any moment.
    if (name.contains(TEMPORARY_MARK)) {
      return Classified.FOREIGN_TEMPORARY;
    }
    StagedName staged = StagedName.parse(name);
    if (staged != null) {
      return new Classified(Kind.STAGED, staged.runId(), staged);
    }
    if (name.endsWith(MANIFEST_SUFFIX)) {
      return half(Kind.MANIFEST, name, MANIFEST_SUFFIX);
    }
    if (name.endsWith(PAYLOAD_SUFFIX)) {
      return half(Kind.PAYLOAD, name, PAYLOAD_SUFFIX);
    }
    return Classified.UNKNOWN;
  }

  /**
   * Returns whether {@code name} is what {@code rsync} names half of a pair before it is complete:
   * the name with a dot before it and a dot and six characters after.
   */
  public static boolean isHalfOnItsWay(String name) {
    int end = name.length() - 1 - RSYNC_SUFFIX_CHARACTERS;
    if (end <= 1 || name.charAt(0) != '.' || name.charAt(end) != '.') {
      return false;
    }
    Kind kind = classify(name.substring(1, end)).kind();
    return kind == Kind.MANIFEST || kind == Kind.PAYLOAD;
  }

  private static Classified half(Kind kind, String name, String suffix) {
    String runId = name.substring(0, name.length() - suffix.length());
    return RunIds.isValid(runId) ? new Classified(kind, runId, null) : Classified.UNKNOWN;
  }

  /**
   * Returns the process id in the name of a foreign temporary: the decimal digits between the first
   * {@code .tmp.} and the next dot or the end. Empty if there is none that fits 32 bits unsigned.
   */
  public static OptionalLong foreignTemporaryPid(String name) {
    int mark = name.indexOf(TEMPORARY_MARK);
    if (mark < 0) {
      return OptionalLong.empty();
    }
    int start = mark + TEMPORARY_MARK.length();
    int end = name.indexOf('.', start);
    if (end < 0) {
      end = name.length();
    }
    long pid = 0;
    for (int i = start; i < end; i++) {
      char c = name.charAt(i);
      if (c < '0' || c > '9') {
        return OptionalLong.empty();
      }
      pid = 10 * pid + (c - '0');
      if (pid > MAX_FOREIGN_PID) {
        return OptionalLong.empty();
      }
    }
    return start == end ? OptionalLong.empty() : OptionalLong.of(pid);
  }
}
