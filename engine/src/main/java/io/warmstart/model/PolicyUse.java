package io.warmstart.model;

/** What a store that names a size budget, a TTL or a retention means by it. */
public enum PolicyUse {
  /**
   * They are, or become, the root's. Where the root has none yet they are set; where it has others
   * the store is refused with {@link PolicyConflictException}: one of a root's users cannot know
   * what another meant to keep. The default.
   */
  AGREE,

  /** They become the root's from now on, for all who use it, in place of what it had. */
  CHANGE,

  /**
   * They hold for the looks and the sweeps of this store alone, explicit sweeps and those after its
   * saves. They neither contradict nor change those of the root, by which the background goes. What
   * is not named is the root's, and where it has none a default may come into force for all.
   */
  THIS_STORE_ONLY
}
