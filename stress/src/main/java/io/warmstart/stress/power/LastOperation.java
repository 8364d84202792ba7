package io.warmstart.stress.power;

import java.util.List;
import java.util.stream.Stream;

/** What was acknowledged when the power went. */
public enum LastOperation {
  /** The first save ever, to a root that did not exist. */
  NEW_ROOT,
  /** The first save under a key. */
  NEW_KEY,
  /** A save under a fresh run of a key that has others. */
  EXISTING_KEY,
  OVERWRITE,
  /** A save whose pair was made of what lay in the journal, which has forgotten it since. */
  PAIR_MADE,
  EVICTION,
  /** An overwrite that was not acknowledged: the power went in the middle of it. */
  UNDER_WAY;

  /** Those in which a sync is made; all if none is left out. */
  static List<LastOperation> with(CutPlan.Sync sync, boolean journalled) {
    return switch (sync) {
      case NONE -> Stream.of(values()).filter(each -> journalled || each != PAIR_MADE).toList();
      case JOURNAL -> List.of(NEW_KEY, EXISTING_KEY, OVERWRITE);
      case PAYLOAD, MANIFEST, KEY_DIRECTORY ->
          journalled ? List.of(PAIR_MADE) : List.of(NEW_ROOT, NEW_KEY, EXISTING_KEY, OVERWRITE);
      case ROOT -> List.of(NEW_ROOT, NEW_KEY);
      case PARENT_OF_ROOT -> List.of(NEW_ROOT);
    };
  }
}
