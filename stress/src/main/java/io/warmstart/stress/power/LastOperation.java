package io.warmstart.stress.power;

import java.util.List;

/** What was acknowledged when the power went. */
public enum LastOperation {
  /** The first save ever, to a root that did not exist. */
  NEW_ROOT,
  /** The first save under a key. */
  NEW_KEY,
  /** A save under a fresh run of a key that has others. */
  EXISTING_KEY,
  OVERWRITE,
  EVICTION,
  /** An overwrite that was not acknowledged: the power went in the middle of it. */
  UNDER_WAY;

  /** Those in which a sync is made; all if none is left out. */
  static List<LastOperation> with(CutPlan.Sync sync) {
    return switch (sync) {
      case NONE -> List.of(values());
      case PAYLOAD, MANIFEST, KEY_DIRECTORY -> List.of(NEW_ROOT, NEW_KEY, EXISTING_KEY, OVERWRITE);
      case ROOT -> List.of(NEW_ROOT, NEW_KEY);
      case PARENT_OF_ROOT -> List.of(NEW_ROOT);
    };
  }
}
